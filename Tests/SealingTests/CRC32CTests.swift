import CCRC32C
import HandMadeStreams
import Testing

@Suite("CRC-32C")
struct CRC32CTests {
    @Test("the check value of the CRC catalogue and the vectors of RFC 3720, B.4")
    func vectors() {
        func inverted(_ bytes: [UInt8]) -> UInt32 { ~ccrc32c_update(~0, bytes, bytes.count) }
        #expect(inverted(Array("123456789".utf8)) == 0xe306_9283)
        #expect(inverted([UInt8](repeating: 0, count: 32)) == 0x8a91_36aa)
        #expect(inverted([UInt8](repeating: 0xff, count: 32)) == 0x62a8_ab43)
        #expect(inverted(Array(0..<32)) == 0x46dd_794e)
    }

    @Test("the instruction and the tables agree, at every length and alignment, in any pieces")
    func agreement() {
        let bytes = mixedBytes(20_000)
        bytes.withUnsafeBufferPointer { buffer in
            guard let start = buffer.baseAddress else { return }
            for offset in 0..<9 {
                for length in [0, 1, 7, 8, 9, 3071, 3072, 3073, 6143, 6144, 10_001, 19_000] {
                    let whole = ccrc32c_update(7, start + offset, length)
                    let cut = length / 3
                    let first = ccrc32c_update(7, start + offset, cut)
                    #expect(whole == ccrc32c_update_portable(7, start + offset, length))
                    #expect(whole == ccrc32c_update(first, start + offset + cut, length - cut))
                }
            }
        }
    }
}

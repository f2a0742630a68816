import EncodedExtents
import StockTools
import Testing

@Suite("Extents that Btrfs has compressed")
struct EncodedExtentTests {
    private let text = Array(String(repeating: "a line of some text that compresses well\n", count: 300).utf8)

    private func undone(_ stored: [UInt8], _ compression: ExtentCompression, _ length: Int? = nil) throws -> [UInt8] {
        try undo(extent: stored.span, compression, length: length ?? text.count)
    }

    private func zlib(_ bytes: [UInt8]) throws -> [UInt8] {
        try stockOutput(
            ["python3", "-c", "import sys,zlib; sys.stdout.buffer.write(zlib.compress(sys.stdin.buffer.read()))"],
            input: bytes)
    }

    private func word(_ number: Int) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) } }

    /// LZO1X that is nothing but literal bytes, 4 to 238 of them, and the end mark.
    private func lzo(_ bytes: [UInt8]) -> [UInt8] { [UInt8(bytes.count + 17)] + bytes + [17, 0, 0] }

    @Test("zlib and zstd, filled up to a sector or not, and what comes out shorter with zeros")
    func streams() throws {
        for (stored, compression) in [
            (try zlib(text), ExtentCompression.zlib), (try stockOutput(["zstd", "-qc"], input: text), .zstd),
        ] {
            #expect(try undone(stored, compression) == text)
            #expect(try undone(stored + [UInt8](repeating: 0, count: 500), compression) == text)
            #expect(try undone(stored, compression, text.count + 3) == text + [0, 0, 0])
            #expect(throws: EncodedExtentError.self) { try undone(stored, compression, text.count - 1) }
            #expect(throws: EncodedExtentError.self) { try undone(Array(stored.dropLast(5)), compression) }
            #expect(throws: EncodedExtentError.self) { try undone([], compression) }
            #expect(throws: EncodedExtentError.self) { try undone(stored, compression, 0) }
            #expect(throws: EncodedExtentError.self) { try undone(stored, compression, 1 << 40) }
        }
    }

    @Test("LZO in pieces, whose lengths never lie across a sector's end")
    func pieces() throws {
        let (first, second) = (Array(text[..<200]), Array(text[200..<300]))
        let one = lzo(first)
        // The second length would begin 2 bytes before the end of a sector of 214.
        #expect(4 + 4 + one.count == 212)
        let body = word(one.count) + one + [0, 0] + word(lzo(second).count) + lzo(second)
        let stored = word(4 + body.count) + body
        #expect(try undone(stored + [0, 0, 0], .lzo(sectorSize: 214), 302) == Array(text[..<300]) + [0, 0])
        #expect(throws: EncodedExtentError.self) { try undone(stored, .lzo(sectorSize: 4096), 302) }
        #expect(throws: EncodedExtentError.self) { try undone(stored, .lzo(sectorSize: 214), 250) }
        #expect(throws: EncodedExtentError.self) { try undone(Array(stored.dropLast()), .lzo(sectorSize: 214), 302) }
        #expect(throws: EncodedExtentError.self) { try undone([9, 0], .lzo(sectorSize: 214), 302) }
    }

    @Test("of whatever bytes, nothing but an error or an extent's length comes out", arguments: 0..<300)
    func rubbish(seed: Int) throws {
        var state = UInt64(seed) &* 0x9e37_79b9_7f4a_7c15 | 1
        var bytes = (0..<Int(200 + seed)).map { _ -> UInt8 in
            state = state &* 6_364_136_223_846_793_005 &+ 1
            return UInt8(truncatingIfNeeded: state >> 56)
        }
        if seed % 2 == 0 { bytes.replaceSubrange(0..<8, with: word(bytes.count) + word(seed)) }
        for compression in [ExtentCompression.zlib, .zstd, .lzo(sectorSize: 4096)] {
            if let made = try? undone(bytes, compression, 8192) { #expect(made.count == 8192) }
        }
    }
}

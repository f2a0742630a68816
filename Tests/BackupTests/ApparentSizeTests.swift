import Backup
import Testing

@Suite("How large a received tree may look")
struct ApparentSizeTests {
    @Test("a sparse image of any ext4 disk passes, however small the stream; no file of 8 EiB does")
    func small() {
        #expect(ApparentSize.limit(ofStreams: 343) == 16 << 40)
        #expect(ApparentSize.limit(ofStreams: 0) >= 16 << 40)
        #expect(ApparentSize.limit(ofStreams: 343) < Int.max)
    }

    @Test("a large stream allows a thousand times its bytes, without an overflow")
    func large() {
        #expect(ApparentSize.limit(ofStreams: 1 << 40) == 1000 << 40)
        #expect(ApparentSize.limit(ofStreams: .max) == .max)
    }
}

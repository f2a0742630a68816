import Digest
import DurableFiles
import Glibc
import Sealing
import SystemPackage
import Testing

struct ArrivingHashTests {
    private func newFile(_ scratch: Scratch) throws -> OpenFile {
        try OpenFile(scratch.path("file"), .readWrite, options: .create, permissions: .ownerReadWrite)
    }

    @Test("The hash of a file that grows is that of its bytes", arguments: [0, 1, 1 << 18, (1 << 20) - 1, 9_000_001])
    func grows(size: Int) throws {
        let scratch = try Scratch()
        let bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ $0 >> 9) }
        let file = try newFile(scratch)
        let hash = try ArrivingHash(file.descriptor, file.path)
        var there = 0
        while there < size {
            let count = min(300_000, size - there)
            try file.write(bytes.span.extracting(there..<there + count))
            there += count
            hash.reached(Int64(there))
        }
        #expect(try hash.finish(Int64(size)) == SHA256.hash(bytes.span))
        try file.close()
    }

    @Test("What was there before is hashed too, and nobody has to tell of the rest")
    func resumes() throws {
        let scratch = try Scratch()
        let file = try newFile(scratch)
        try file.write(Array("there ".utf8).span)
        let hash = try ArrivingHash(file.descriptor, file.path)
        hash.reached(6)
        try file.write(Array("and then".utf8).span)
        #expect(try hash.finish(14) == SHA256.hash(Array("there and then".utf8).span))
        try file.close()
    }

    @Test("One that is stopped ends, and so does one whose file is shorter than was said")
    func ends() throws {
        let scratch = try Scratch()
        let file = try newFile(scratch)
        let stopped = try ArrivingHash(file.descriptor, file.path)
        stopped.stop()
        let short = try ArrivingHash(file.descriptor, file.path)
        #expect(throws: FileFailure.self) { try short.finish(1) }
        try file.close()
    }
}

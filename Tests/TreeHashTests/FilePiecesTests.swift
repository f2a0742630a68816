import Digest
import Glibc
import ScratchSpace
import StockTools
import SystemPackage
import Testing

@testable import TreeHash

@Suite("A file, piece by piece")
struct FilePiecesTests {
    private let scratch: ScratchDirectory

    init() throws { scratch = try ScratchDirectory() }

    private func pieces(_ script: String) throws -> (text: String, digest: SHA256Digest, expected: String) {
        let path = scratch.path.appending("file")
        try python(
            "import fcntl, os, subprocess, sys; file = open(sys.argv[1], 'wb', 0); write = lambda at, bytes: os.pwrite(file.fileno(), bytes, at)\n"
                + script, path.string)
        let file = try FileDescriptor.open(path, .readOnly)
        defer { try? file.close() }
        var text = ""
        var digest = SHA256()
        var buffer = [UInt8](repeating: 0, count: 1 << 18)
        var pieces = FilePieces(file)
        while let piece = try pieces.next(&buffer) {
            let (letter, bytes) =
                switch piece {
                case .data: ("d", buffer)
                case .zeros: ("z", FilePieces.zeros)
                }
            digest.update(bytes.span.extracting(0..<piece.count))
            if text.last.map(String.init) != letter { text += letter }
        }
        return (text, digest.finish(), String(try bash("sha256sum < $1", path.string).prefix(64)))
    }

    @Test(
        "Holes are not read, and the hash is that of the whole file",
        arguments: [
            ("file.truncate(3 << 20)", "z"), ("file.truncate(1)", "z"), ("pass", ""), ("write(0, b'x')", "d"),
            ("write(0, b'x' * 700000)", "d"), ("write(1 << 20, b'x')", "zd"), ("write(5000001, b'x' * 300000)", "zd"),
            ("write(0, b'x' * 5000); file.truncate((1 << 20) + 7)", "dz"),
            ("write(0, b'x'); write(1 << 20, b'y' * 500000); write(3 << 20, b'z')", "dzdzd"),
            ("write(1 << 20, b'x' * 4096); file.truncate(2 << 20)", "zdz"),
        ])
    func holes(script: String, kinds: String) throws {
        let (text, digest, expected) = try pieces(script)
        #expect(text == kinds)
        #expect(digest.hex == expected)
    }

    @Test("Any layout of data and holes has the hash of its bytes")
    func layouts() throws {
        for seed in 0..<40 {
            let (_, digest, expected) = try pieces(
                """
                import random
                random = random.Random(\(seed))
                for _ in range(random.randrange(12)): write(random.randrange(1 << 22), random.randbytes(random.randrange(1, 200000)))
                if random.random() < 0.5: file.truncate(random.randrange(1 << 23))
                """)
            #expect(digest.hex == expected, "seed \(seed)")
        }
    }
}

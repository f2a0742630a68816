import Catalogue
import Testing

@Suite("The text of a stream map")
struct StreamMapTests {
    private static let uuid = "01020304-0506-0708-090a-0b0c0d0e0f10"
    private static let parent = "65666768-696a-6b6c-6d6e-6f7071727374"
    private static let first = "devjournal/map/v1\t1\t\(uuid)\t-\n"

    private static let entries: [(StreamMap.Entry, String)] = [
        (.make(.file, at: Array("a".utf8)), "file\ta"),
        (.make(.directory, at: Array("a b/ü".utf8)), "dir\ta\\x20b/\\xc3\\xbc"),
        (.make(.symbolicLink(target: Array("../x".utf8)), at: [0xff]), "link\t\\xff\t../x"),
        (.make(.node, at: Array("n".utf8)), "node\tn"),
        (.make(.fifo, at: Array("...".utf8)), "fifo\t..."),
        (.make(.socket, at: Array("a\\\n".utf8)), "socket\ta\\x5c\\x0a"),
        (.rename(Array("o257-5-0".utf8), to: Array("a/b".utf8)), "rename\to257-5-0\ta/b"),
        (.hardLink(Array("b".utf8), of: Array("a".utf8)), "hardlink\tb\ta"),
        (.unlink(Array("a".utf8)), "unlink\ta"),
        (.removeDirectory(Array("a".utf8)), "rmdir\ta"),
        (.open(Array("a".utf8)), "open\ta"),
        (.truncate(size: 0), "truncate\t0"),
        (.truncate(size: .max), "truncate\t9223372036854775807"),
        (.punch(offset: 4096, length: 8192), "punch\t4096\t8192"),
        (.zeros(offset: 0, length: 1), "zeros\t0\t1"),
        (.data(StreamMap.DataRun(offset: 0, length: 17, at: 93)), "data\t0\t17\t93"),
        (
            .data(StreamMap.DataRun(offset: 1, length: 49_152, at: 93, count: 43, stride: 49_218)),
            "data\t1\t49152\t93\t43\t49218"
        ),
        (
            .encoded(
                StreamMap.EncodedExtent(
                    offset: 4096, length: 8192, at: 700, storedLength: 4096, compression: .zstd, wholeLength: 131_072,
                    skip: 65_536)),
            "encoded\t4096\t8192\t700\t4096\tzstd\t131072\t65536"
        ),
        (
            .clone(
                StreamMap.CloneRange(
                    offset: 0, length: 4096, tree: .own, source: Array("a".utf8), sourceOffset: 8192)),
            "clone\t0\t4096\town\ta\t8192"
        ),
        (
            .clone(
                StreamMap.CloneRange(
                    offset: 0, length: 4096, tree: .parent, source: Array("a".utf8), sourceOffset: 0)),
            "clone\t0\t4096\tparent\ta\t0"
        ),
        (.end(streamBytes: 1 << 60), "end\t1152921504606846976"),
    ]

    /// What is read of a text that comes in pieces of that size.
    private func read(_ text: [UInt8], size: Int = .max) throws -> (StreamMap.Header?, [StreamMap.Entry]) {
        var reader = StreamMapReader()
        var header: StreamMap.Header?
        var entries: [StreamMap.Entry] = []
        var start = 0
        while start < text.count {
            let end = start + min(size, text.count - start)
            try reader.read(text.span.extracting(start..<end)) { line in
                switch line {
                case .header(let first): header = first
                case .entry(let entry): entries.append(entry)
                }
            }
            start = end
        }
        try reader.finish()
        return (header, entries)
    }

    @Test("a line an entry, and what was written is read, in pieces of any size", arguments: [1, 2, 7, 64, .max])
    func roundTrip(size: Int) throws {
        let header = try #require(StreamMap.Header(streamVersion: 2, uuid: Self.uuid, parent: Self.parent))
        var text: [UInt8] = []
        header.append(to: &text)
        for (entry, _) in Self.entries { entry.append(to: &text) }
        let lines = ["devjournal/map/v1\t2\t\(Self.uuid)\t\(Self.parent)"] + Self.entries.map(\.1) + [""]
        #expect(String(decoding: text, as: UTF8.self) == lines.joined(separator: "\n"))
        let (found, entries) = try read(text, size: size)
        #expect(found == header)
        #expect(entries == Self.entries.map(\.0))
    }

    @Test(
        "a first line of another format",
        arguments: [
            "", "\n", "devjournal/map/v1\t1\t\(uuid)\n", "devjournal/map/v2\t1\t\(uuid)\t-\n",
            "devjournal/map/v1\t3\t\(uuid)\t-\n", "devjournal/map/v1\t01\t\(uuid)\t-\n",
            "devjournal/map/v1\t1\t\(uuid)\t-\t\n", "devjournal/map/v1\t1\t\(uuid)\t\n",
            "devjournal/map/v1\t1\t01020304-0506-0708-090A-0b0c0d0e0f10\t-\n",
            "devjournal/map/v1\t1\t0102030405060708090a0b0c0d0e0f10\t-\n", "devjournal/map/v1 1 \(uuid) -\n",
        ])
    func otherFormat(text: String) {
        #expect(throws: CatalogueError.self) { try read(Array((text + "end\t0\n").utf8)) }
    }

    @Test(
        "a line that no stream has is refused, and named",
        arguments: [
            "", "file", "file\t", "file\ta\tb", "file a", "File\ta", "fil\ta", "files\ta", "directory\ta", "file\t/a",
            "file\ta/", "file\ta//b", "file\t.", "file\t..", "file\ta/../b", "file\ta/.", "file\ta\\x2fb",
            "file\ta\\x00",
            "file\ta\\x61", "file\ta\\xFF", "file\ta\\xf", "file\ta\\", "file\tü", "file\ta ", "link\ta", "link\ta\t",
            "link\ta\t\\x00", "link\ta\tb\tc", "rename\ta", "rename\ta\t..", "hardlink\ta\t", "unlink\t..", "rmdir\t",
            "open\t", "truncate\t", "truncate\t-1", "truncate\t+1", "truncate\t01", "truncate\t9223372036854775808",
            "truncate\t99999999999999999999999", "truncate\t0x1", "punch\t0", "punch\t0\t0",
            "punch\t1\t9223372036854775807",
            "zeros\t9223372036854775807\t1", "data\t0\t0\t93", "data\t0\t1", "data\t0\t1\t93\t2",
            "data\t0\t1\t93\t1\t1",
            "data\t0\t1\t93\t0\t1", "data\t0\t10\t93\t2\t10", "data\t0\t10\t93\t2\t9",
            "data\t0\t1\t1152921504606846976",
            "data\t0\t2\t0\t9223372036854775807\t3", "data\t0\t1073741825\t93", "data\t9223372036854775807\t1\t0",
            "data\t0\t1\t0\t1099511627776\t1099511627776", "data\t0\t1\t93\t2\t20\t",
            "encoded\t0\t1\t93\t1\tlzma\t1\t0",
            "encoded\t0\t1\t93\t1\tzstd\t1\t1", "encoded\t0\t2\t93\t1\tzstd\t1\t0", "encoded\t0\t1\t93\t0\tzstd\t1\t0",
            "encoded\t0\t1\t93\t1\tzstd\t1", "clone\t0\t1\tother\ta\t0", "clone\t0\t0\town\ta\t0",
            "clone\t0\t1\town\t..\t0",
            "clone\t0\t9223372036854775807\town\ta\t1", "clone\t0\t1\town\ta", "end", "end\t1152921504606846977",
            "chmod\ta",
        ])
    func hostile(line: String) {
        let text = Array("\(Self.first)file\ta\n\(line)\nend\t1152921504606846976\n".utf8)
        for size in [Int.max, 1] {
            #expect(throws: CatalogueError.map(line: 3, "is not one that a stream can have")) {
                try read(text, size: size)
            }
        }
    }

    @Test("nothing comes after the end, which is there, and after the last bytes")
    func end() throws {
        for text in ["end\t0", "file\ta\n", "", "end\t0\nend\t0\n", "end\t0\n\n", "end\t0\nx"] {
            #expect(throws: CatalogueError.self, "\(text)") { try read(Array((Self.first + text).utf8)) }
        }
        #expect(throws: CatalogueError.map(line: 4, "ends the stream before its last bytes")) {
            try read(Array("\(Self.first)file\ta\ndata\t0\t10\t100\t3\t20\nend\t149\n".utf8))
        }
        _ = try read(Array("\(Self.first)file\ta\ndata\t0\t10\t100\t3\t20\nend\t150\n".utf8))
    }

    @Test("a line as long as two paths can be is read, a longer one is not kept")
    func long() throws {
        let path = Array(repeating: UInt8(0x80), count: 2047) + [0x2f] + Array(repeating: UInt8(0x80), count: 2048)
        var text = Array(Self.first.utf8)
        StreamMap.Entry.rename(path, to: path).append(to: &text)
        text += Array("end\t0\n".utf8)
        #expect(try read(text, size: 1000).1.first == .rename(path, to: path))
        let longer = Array(Self.first.utf8) + [UInt8](repeating: 0x61, count: 40_000)
        #expect(throws: CatalogueError.map(line: 2, "is too long")) { try read(longer, size: 1000) }
    }

    @Test("any cut of a map is refused")
    func cuts() throws {
        var text = Array(Self.first.utf8)
        for (entry, _) in Self.entries { entry.append(to: &text) }
        for end in text.indices { #expect(throws: CatalogueError.self) { try read(Array(text[..<end])) } }
    }
}

import Catalogue
import DurableFiles
import Foundation
import HandMadeStreams
import Sealing
import Synchronization
import Testing

@Suite("The map that is recorded of a stream")
struct StreamMapRecorderTests {
    private static let uuid = "01020304-0506-0708-090a-0b0c0d0e0f10"

    /// The map's lines but the first and the last, which are looked at here.
    private func lines(
        version: UInt32 = 1, parent: [UInt8]? = nil, _ fill: (inout HandMadeStream) -> Void
    ) throws -> [String] {
        var stream = HandMadeStream(version: version)
        stream.begin(parent: parent)
        fill(&stream)
        stream.end()
        let text = try recordedMap(stream.bytes)
        for size in [1, 3, 100] { #expect(try recordedMap(stream.bytes, size: size) == text) }
        let lines = String(decoding: text, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
        let from = parent == nil ? "-" : "65666768-696a-6b6c-6d6e-6f7071727374"
        #expect(lines.first == "devjournal/map/v1\t\(version)\t\(Self.uuid)\t\(from)")
        #expect(lines.suffix(2) == ["end\t\(stream.bytes.count)", ""])
        return lines.dropFirst().dropLast(2).map { String($0.map { $0 == "\t" ? " " : $0 }) }
    }

    /// Where in a stream that is made so far the data of a write to `path` will begin.
    private func place(_ stream: HandMadeStream, _ path: String) -> Int {
        stream.bytes.count + 10 + 4 + path.utf8.count + 12 + (stream.version == 1 ? 4 : 2)
    }

    @Test("a make and the rename to its final name are one line", arguments: [1, 2] as [UInt32])
    func makes(version: UInt32) throws {
        let found = try lines(version: version) { stream in
            let kinds: [UInt16] = [3, 4, 5, 6, 7]
            for kind in kinds {
                stream.add(kind, "o257-5-0")
                stream.add(9, "o257-5-0", paths: [(16, "n\(kind)")])
            }
            stream.add(8, "o300-5-0", paths: [(17, "/a b")])
            stream.add(9, "o300-5-0", paths: [(16, "link")])
            stream.add(3, "o301-5-0")
            stream.add(18, "o301-5-0", numbers: [(5, 0o644)])
            stream.add(3, "o302-5-0")
        }
        #expect(
            found == [
                "file n3", "dir n4", "node n5", "fifo n6", "socket n7", "link link /a\\x20b", "file o301-5-0",
                "file o302-5-0",
            ])
    }

    @Test("names and owners: what changes names has a line, what the listing holds has none")
    func names() throws {
        let found = try lines { stream in
            stream.add(4, "d")
            stream.add(3, "d/f")
            stream.add(9, "d", paths: [(16, "e")])
            stream.add(10, "g", paths: [(17, "e/f")])
            stream.add(11, "e/f")
            stream.add(18, "g", numbers: [(5, 0o600)])
            stream.add(19, "g", numbers: [(6, 1), (7, 1)])
            stream.add(12, "e")
        }
        #expect(found == ["dir d", "file d/f", "rename d e", "hardlink g e/f", "unlink e/f", "rmdir e"])
    }

    @Test("runs of writes of one length are one line, with where their bytes lie", arguments: [1, 2] as [UInt32])
    func runs(version: UInt32) throws {
        var at = 0
        var last = 0
        let found = try lines(version: version) { stream in
            stream.add(3, "f")
            at = place(stream, "f")
            for number in 0..<5 { stream.write(mixedBytes(1000, seed: UInt64(number)), to: "f", at: number * 1000) }
            last = place(stream, "f")
            stream.write(mixedBytes(10), to: "f", at: 5000)
        }
        let stride = version == 1 ? 1031 : 1029
        #expect(found == ["file f", "data 0 1000 \(at) 5 \(stride)", "data 5000 10 \(last)"])
    }

    @Test("the bytes are where the map says")
    func bytes() throws {
        var stream = HandMadeStream(version: 2)
        stream.begin()
        stream.add(3, "a")
        for number in 0..<4 { stream.write(mixedBytes(700, seed: UInt64(number)), to: "a", at: number * 700) }
        stream.end()
        var found: [UInt8] = []
        var reader = StreamMapReader()
        let text = try recordedMap(stream.bytes, size: 11)
        try reader.read(text.span) { line in
            guard case .entry(.data(let run)) = line else { return }
            for number in 0..<run.count {
                found += stream.bytes[(run.at + number * run.stride)...].prefix(run.length)
            }
        }
        #expect(found == (0..<4).flatMap { mixedBytes(700, seed: $0) })
    }

    @Test("zeros are marked, whatever cuts them, and one other byte is enough to be data")
    func zeros() throws {
        let zeros = [UInt8](repeating: 0, count: 500)
        for place in [0, 1, 250, 499] {
            var almost = zeros
            almost[place] = 1
            let found = try lines { stream in
                stream.add(3, "f")
                stream.write(zeros, to: "f", at: 0)
                stream.write(zeros, to: "f", at: 500)
                stream.write(almost, to: "f", at: 1000)
                stream.write(zeros, to: "f", at: 1500)
                stream.write(zeros, to: "f", at: 4000)
            }
            #expect(found.count == 5)
            #expect(found[1] == "zeros 0 1000")
            #expect(found[2].hasPrefix("data 1000 500 "))
            #expect(found.suffix(2) == ["zeros 1500 500", "zeros 4000 500"])
        }
    }

    @Test("a file is opened again when another was, or a name has changed")
    func open() throws {
        let found = try lines(parent: HandMadeStream.parent) { stream in
            stream.add(17, "a", numbers: [(4, 7)])
            stream.add(17, "b", numbers: [(4, 8)])
            stream.add(17, "b", numbers: [(4, 9)])
            stream.add(9, "c", paths: [(16, "d")])
            stream.add(17, "b", numbers: [(4, 10)])
            stream.add(20, "b")
            stream.add(17, "b", numbers: [(4, 11)])
            stream.add(3, "e")
            stream.add(17, "b", numbers: [(4, 12)])
        }
        #expect(
            found == [
                "open a", "truncate 7", "open b", "truncate 8", "truncate 9", "rename c d", "open b", "truncate 10",
                "truncate 11", "file e", "open b", "truncate 12",
            ])
    }

    @Test("holes of version 2, clones of this tree and of the parent's")
    func holesAndClones() throws {
        let found = try lines(version: 2, parent: HandMadeStream.parent) { stream in
            for offset in [4096, 8192, 20_480] {
                var attributes = HandMadeStream.attribute(15, [0x66])
                attributes += HandMadeStream.attribute(25, HandMadeStream.little(UInt32(3), 4))
                attributes += HandMadeStream.attribute(18, HandMadeStream.little(offset, 8))
                attributes += HandMadeStream.attribute(4, HandMadeStream.little(4096, 8))
                stream.command(23, attributes)
            }
            stream.clone("f", at: 0, 4096, from: "g", at: 8192, uuid: HandMadeStream.uuid)
            stream.clone("f", at: 4096, 100, from: "o257-5-0/x", at: 0, uuid: HandMadeStream.parent)
        }
        #expect(
            found == [
                "open f", "punch 4096 8192", "punch 20480 4096", "clone 0 4096 own g 8192",
                "clone 4096 100 parent o257-5-0/x 0",
            ])
    }

    @Test(
        "encoded writes, with their geometry",
        arguments: [
            (1, "zlib"), (2, "zstd"), (3, "lzo4"), (4, "lzo8"), (5, "lzo16"), (6, "lzo32"), (7, "lzo64"),
        ])
    func encoded(method: Int, name: String) throws {
        var at = 0
        let found = try lines(version: 2) { stream in
            stream.add(3, "f")
            let numbers: [(UInt16, Int)] = [(18, 4096), (27, 8192), (28, 65_536), (29, 12_288), (30, method)]
            at = stream.bytes.count + 10 + 5 + 12 * numbers.count + 2
            stream.add(25, "f", numbers: numbers, data: mixedBytes(4096))
        }
        #expect(found == ["file f", "encoded 4096 8192 \(at) 4096 \(name) 65536 12288"])
    }

    @Test("an encoded write that is not compressed is data; of no data, or of more than it has, it is refused")
    func notEncoded() throws {
        var at = 0
        let found = try lines(version: 2) { stream in
            stream.add(3, "f")
            at = stream.bytes.count + 10 + 5 + 36 + 2
            stream.add(25, "f", numbers: [(18, 0), (27, 80), (28, 100)], data: mixedBytes(80))
        }
        #expect(found == ["file f", "data 0 80 \(at)"])
        for (length, data) in [(81, mixedBytes(80)), (80, [])] {
            #expect(throws: SendStreamError.self) {
                try lines(version: 2) { stream in
                    stream.add(3, "f")
                    stream.add(25, "f", numbers: [(18, 0), (27, length), (28, 100)], data: data)
                }
            }
        }
    }

    @Test("a command that does not say where or how much is refused, one of no bytes leaves no line")
    func incomplete() throws {
        let refused: [(inout HandMadeStream) -> Void] = [
            { $0.add(15, "f", data: [1]) }, { $0.add(15, "f", numbers: [(18, 0)]) }, { $0.add(17, "f") },
            { $0.add(17, "f", numbers: [(4, -1)]) }, { $0.add(15, "f", numbers: [(18, -1)], data: [1]) },
            { $0.add(15, "f", numbers: [(18, .max)], data: [1]) }, { $0.add(17, "", numbers: [(4, 1)]) },
            { $0.add(16, "f", paths: [(22, "f")], numbers: [(18, 0), (24, 1)], uuid: HandMadeStream.uuid) },
            { $0.add(16, "f", paths: [(22, "f")], numbers: [(23, 0), (24, 1)], uuid: HandMadeStream.uuid) },
            { $0.add(16, "f", paths: [(22, "f")], numbers: [(18, 0), (23, 0)], uuid: HandMadeStream.uuid) },
            { $0.add(8, "l", paths: [(17, "")]) },
            { $0.add(8, "l", paths: [(17, String(repeating: "x", count: 4097))]) },
        ]
        for (number, fill) in refused.enumerated() {
            let error = #expect(throws: SendStreamError.self, "\(number)") {
                try lines { stream in
                    stream.add(3, "f")
                    fill(&stream)
                }
            }
            #expect(error?.reason == .attributes)
        }
        let found = try lines(version: 2) { stream in
            stream.add(3, "f")
            stream.write([], to: "f", at: 0)
            stream.clone("f", at: 0, 0, from: "f", at: 0, uuid: HandMadeStream.uuid)
        }
        #expect(found == ["file f"])
    }

    @Test("a number of 64 bits is not taken in 32, as btrfs receive would not")
    func widths() {
        for kind in [4, 18, 23, 24] as [UInt16] {
            var stream = HandMadeStream(version: 2)
            stream.begin()
            stream.command(
                20, HandMadeStream.attribute(15, [0x66]) + HandMadeStream.attribute(kind, [1, 0, 0, 0]))
            stream.end()
            let error = #expect(throws: SendStreamError.self) { try inspected(stream.bytes, size: 7) }
            #expect(error?.reason == .attributes)
        }
    }

    @Test("the worked example of journal-format.md")
    func example() throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../fixtures/catalogue")
        let stream = Array(try Data(contentsOf: folder.appending(path: "example.send")))
        let map = try String(contentsOf: folder.appending(path: "example.map"), encoding: .utf8)
        #expect(String(decoding: try recordedMap(stream), as: UTF8.self) == map)
    }

    @Test("sealing gives the map to its sink, whose failure ends it")
    func sealing() async throws {
        let scratch = try Scratch()
        let key = try TestKey(in: scratch)
        let stream = HandMadeStream.whole(version: 2)
        _ = try scratch.write(stream.bytes, to: "stream")
        let taken = Mutex<[UInt8]>([])
        let sealer = Sealer(to: [key.recipient], content: .sendStream(StreamExpectation())) { piece in
            taken.withLock { taken in for index in piece.indices { taken.append(piece[index]) } }
        }
        let file = try await sealer.seal(.command(["cat", scratch.text("stream")]), as: scratch.path("artifact"))
        try file.finish()
        #expect(taken.withLock { $0 } == (try recordedMap(stream.bytes)))

        let full = FileFailure("write", "spool", .noSpace)
        let failing = Sealer(to: [key.recipient], content: .sendStream(StreamExpectation())) { _ in throw full }
        do {
            _ = try await failing.seal(.command(["cat", scratch.text("stream")]), as: scratch.path("other"))
            Issue.record("it was sealed without its map")
        } catch {
            #expect(error.description == SealError.file(full).description)
        }
    }
}

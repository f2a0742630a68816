import HandMadeStreams
import Testing

@testable import Sealing

@Suite("An increment that names a substitute for its parent")
struct ParentSubstituteTests {
    private let substitute = Array<UInt8>(201...216)

    private var names: ParentSubstitute? {
        guard let parent = SubvolumeUUID(HandMadeStream.parent), let substitute = SubvolumeUUID(substitute) else {
            return nil
        }
        return ParentSubstitute(of: parent, by: substitute)
    }

    /// An increment with a clone of its parent's, one of its own, and a file that holds the parent's UUID.
    private func stream(version: UInt32, parent: [UInt8]) -> HandMadeStream {
        var stream = HandMadeStream(version: version)
        stream.begin(parent: parent)
        stream.write(Array(repeating: 7, count: 3000) + HandMadeStream.parent)
        for source in [parent, HandMadeStream.uuid] { stream.clone(from: source) }
        stream.write(HandMadeStream.parent)
        stream.end()
        return stream
    }

    @Test(
        "It is the same stream with another parent, in blocks of any size",
        arguments: [UInt32(1), 2], [1, 2, 9, 10, 11, 64, 4096, 1 << 20])
    func renamed(version: UInt32, size: Int) throws {
        // given
        let given = stream(version: version, parent: HandMadeStream.parent).bytes
        // when
        let written = try passed(given, blocks: size)
        // then
        #expect(written == stream(version: version, parent: substitute).bytes)
        #expect(try inspected(written).parentUUID?.bytes == substitute)
    }

    private func passed(_ given: [UInt8], blocks size: Int) throws -> [UInt8] {
        var stream = ReceivableStream(try #require(names))
        var written: [UInt8] = []
        for start in stride(from: 0, to: given.count, by: size) {
            try stream.pass(given.span.extracting(start..<min(start + size, given.count))) { piece in
                for index in piece.indices { written.append(piece[index]) }
            }
        }
        return written
    }

    /// Writes to one path, of which names are changed in between.
    private func writes(version: UInt32, parent: [UInt8], _ paths: [String]) -> [UInt8] {
        var stream = HandMadeStream(version: version)
        stream.begin(parent: parent)
        for (number, path) in paths.enumerated() {
            if path == "rename" {
                stream.rename("c", to: "d\(number)")
            } else {
                stream.write(mixedBytes(300), to: path)
            }
        }
        stream.end()
        return stream.bytes
    }

    @Test(
        "A path that another file may have by now is written to by another name, and only that",
        arguments: [UInt32(1), 2], [1, 9, 10, 11, 20, 64, 4096, 1 << 20])
    func paths(version: UInt32, size: Int) throws {
        // given
        let given = [
            "c/0", "c/0", "rename", "c/1", "c/1", "rename", "c/1", "c/1", "rename", "c/1", "rename", "rename", "c/1",
            "c/2",
        ]
        // when
        let written = try passed(
            writes(version: version, parent: HandMadeStream.parent, given), blocks: size)
        // then
        let meant = [
            "c/0", "c/0", "rename", "c/1", "c/1", "rename", "./c/1", "c/1", "rename", "./c/1", "rename", "rename",
            "c/1",
            "c/2",
        ]
        #expect(written == writes(version: version, parent: substitute, meant))
    }

    @Test("A substitute of its own is another each time")
    func random() throws {
        let parent = try #require(SubvolumeUUID(HandMadeStream.parent))
        #expect(ParentSubstitute(of: parent) != ParentSubstitute(of: parent))
    }
}

import HandMadeStreams
import Sealing
import Testing

private typealias Reason = SendStreamError.Reason

@Suite("The send stream inspector, on streams made by hand")
struct SendStreamInspectorTests {
    @Test("a full stream shows its name, uuid and size, in blocks of any size", arguments: [1, 2] as [UInt32])
    func fullStream(version: UInt32) throws {
        // given
        let stream = HandMadeStream.whole(version: version)
        for size in [1, 2, 3, 7, 9, 10, 11, 4096, .max] {
            // when
            let summary = try inspected(stream.bytes, size: size)
            // then
            #expect(summary.version == version)
            #expect(summary.name == "dev@2026-01")
            #expect(summary.uuid.description == "01020304-0506-0708-090a-0b0c0d0e0f10")
            #expect(summary.parentUUID == nil)
            #expect(summary.ctransid == 42)
            #expect(summary.commands == 5)
            #expect(summary.bytes == UInt64(stream.bytes.count))
        }
    }

    @Test("an incremental stream names its parent")
    func incremental() throws {
        let summary = try inspected(HandMadeStream.whole(parent: HandMadeStream.parent).bytes)
        #expect(summary.parentUUID == SubvolumeUUID(HandMadeStream.parent))
    }

    @Test("the snapshot is known as soon as the first command is complete")
    func earlyIdentity() throws {
        var stream = HandMadeStream()
        stream.begin()
        var inspector = SendStreamInspector()
        try inspector.update(stream.bytes.span.extracting(0..<stream.bytes.count - 1))
        let before = inspector.subvolume
        try inspector.update(stream.bytes.span.extracting(stream.bytes.count - 1..<stream.bytes.count))
        let after = inspector.subvolume?.name
        #expect(before == nil)
        #expect(after == "dev@2026-01")
    }

    @Test("a stream cut at any byte is refused, at the byte where it ends")
    func cutAnywhere() {
        let bytes = HandMadeStream.whole(writes: 2, size: 40).bytes
        for length in bytes.indices {
            let error = #expect(throws: SendStreamError.self) { try inspected(Array(bytes[..<length]), size: 13) }
            #expect(error?.offset == UInt64(length))
            #expect(error.map { [.empty, .truncated, .endMissing].contains($0.reason) } == true)
        }
    }

    @Test("a flipped bit anywhere is refused", arguments: [1, 2] as [UInt32])
    func flippedBit(version: UInt32) {
        let bytes = HandMadeStream.whole(version: version, writes: 2, size: 40).bytes
        for place in bytes.indices {
            for bit in 0..<8 {
                var damaged = bytes
                damaged[place] ^= 1 << UInt8(bit)
                #expect(throws: SendStreamError.self, "bit \(bit) of byte \(place)") { try inspected(damaged) }
            }
        }
    }

    @Test("END may not be missing, and nothing may follow it")
    func end() {
        var stream = HandMadeStream()
        stream.begin()
        stream.write([1, 2, 3])
        let withoutEnd = stream.bytes
        stream.end()
        let whole = stream.bytes
        expect(.endMissing, at: withoutEnd.count) { try inspected(withoutEnd) }
        expect(.trailingBytes, at: whole.count) { try inspected(whole + [0]) }
        expect(.trailingBytes, at: whole.count) { try inspected(whole + whole, size: 1) }
    }

    @Test("what is not a send stream, or one of another version")
    func header() {
        expect(.empty, at: 0) { try inspected([]) }
        expect(.notASendStream, at: 0) { try inspected(Array("a text that is not a stream".utf8)) }
        expect(.version(3), at: 0) { try inspected(HandMadeStream.whole(version: 3).bytes) }
        expect(.version(0), at: 0) { try inspected(HandMadeStream.whole(version: 0).bytes) }
    }

    @Test("commands that there are not, of impossible length, or in a wrong place")
    func commands() {
        let start = 17
        var other = HandMadeStream()
        other.write([1])
        expect(.firstCommand(15), at: start) { try inspected(other.bytes) }

        var begun = HandMadeStream()
        begun.begin()
        let next = begun.bytes.count
        func following(_ change: (inout HandMadeStream) -> Void) throws(SendStreamError) -> SendStreamSummary {
            var stream = begun
            change(&stream)
            return try inspected(stream.bytes)
        }
        expect(.unknownCommand(23), at: next) { try following { $0.command(23, []) } }
        expect(.unknownCommand(0), at: next) { try following { $0.command(0, []) } }
        expect(.secondSubvolume, at: next) { try following { $0.begin() } }
        expect(.checksum, at: next) { try following { $0.command(15, [], checksum: 1) } }
        expect(.commandLength(65_527), at: next) { try following { $0.command(15, [], length: 65_527) } }
        expect(.attributes, at: next) { try following { $0.command(15, [15, 0, 9, 0, 1]) } }
        expect(.attributes, at: next) { try following { $0.command(15, [15, 0]) } }
        expect(.attributes, at: next) { try following { $0.command(15, HandMadeStream.attribute(99, [1])) } }
    }

    @Test("version 2 knows more commands and lengths, and data to the end of its command")
    func versionTwo() throws {
        var stream = HandMadeStream(version: 2)
        stream.begin()
        stream.command(23, HandMadeStream.attribute(15, [97]) + HandMadeStream.attribute(25, [3, 0, 0, 0]))
        stream.write(mixedBytes(135_000))
        stream.write([])
        stream.end()
        for size in [1, 1000, .max] {
            let commands = try inspected(stream.bytes, size: size).commands
            #expect(commands == 5)
        }
    }

    @Test("a path that leads out of the snapshot is refused, in every attribute that holds one")
    func paths() throws {
        func inspected(_ kind: UInt16, _ attribute: UInt16, _ path: String, size: Int) throws -> SendStreamSummary {
            var stream = HandMadeStream()
            stream.begin()
            var attributes = HandMadeStream.attribute(attribute, Array(path.utf8))
            if attribute != 15 { attributes = HandMadeStream.attribute(15, Array("z".utf8)) + attributes }
            if kind == 16 { attributes += HandMadeStream.attribute(20, HandMadeStream.uuid) }
            stream.command(kind, attributes)
            stream.end()
            return try SealingTests.inspected(stream.bytes, size: size)
        }
        // PATH of MKFILE, PATH_TO of RENAME, PATH_LINK of LINK, CLONE_PATH of CLONE.
        for (kind, attribute) in [(3, 15), (9, 16), (10, 17), (16, 22)] as [(UInt16, UInt16)] {
            for size in [1, 5, .max] {
                for path in ["..", "../a", "a/..", "a/../b", "/a", "/", "a//b", "a/", ".", "./a", "a/./b", "a\0b"] {
                    let error = #expect(throws: SendStreamError.self, "\(path)") {
                        try inspected(kind, attribute, path, size: size)
                    }
                    #expect(error?.reason == .path)
                }
                for path in ["a", "...", ".a", "a..", "a/..b/c", "a/b/....", "-", "a b"] {
                    #expect(throws: Never.self, "\(path)") { try inspected(kind, attribute, path, size: size) }
                }
            }
        }
        // The text of a symbolic link is none.
        #expect(throws: Never.self) { try inspected(8, 17, "../../etc", size: .max) }
    }

    @Test("a first command that lacks something, repeats something or has a hostile name")
    func firstCommand() {
        let path = HandMadeStream.attribute(15, Array("a".utf8))
        let uuid = HandMadeStream.attribute(1, HandMadeStream.uuid)
        let generation = HandMadeStream.attribute(2, [1, 0, 0, 0, 0, 0, 0, 0])
        let parent = HandMadeStream.attribute(20, HandMadeStream.parent)
        func refused(_ kind: UInt16 = 1, _ attributes: [UInt8]) {
            var stream = HandMadeStream()
            stream.command(kind, attributes)
            stream.end()
            let error = #expect(throws: SendStreamError.self) { try inspected(stream.bytes) }
            #expect(error?.offset == 17)
        }
        refused(1, uuid + generation)
        refused(1, path + generation)
        refused(1, path + uuid)
        refused(1, path + path + uuid + generation)
        refused(1, path + uuid + generation + parent)
        refused(2, path + uuid + generation)
        refused(2, path + uuid + generation + parent)
        refused(1, path + HandMadeStream.attribute(1, [UInt8](repeating: 0, count: 16)) + generation)
        refused(1, path + HandMadeStream.attribute(1, [1, 2]) + generation)
        for name in ["", ".", "..", "a/b", "/", "a\u{0}b"] {
            refused(1, HandMadeStream.attribute(15, Array(name.utf8)) + uuid + generation)
        }
        refused(1, HandMadeStream.attribute(15, [0xff, 0xfe]) + uuid + generation)
    }

    @Test("a uuid has one written form")
    func uuidText() {
        let text = "01020304-0506-0708-090a-0b0c0d0e0f10"
        #expect(SubvolumeUUID(text)?.description == text)
        let zero = "00000000-0000-0000-0000-000000000000"
        for other in [text.uppercased(), String(text.dropLast()), text + "0", text.replacing("-", with: ""), zero, ""] {
            #expect(SubvolumeUUID(other) == nil)
        }
    }

    private func expect(
        _ reason: Reason, at offset: Int, sourceLocation: SourceLocation = #_sourceLocation,
        _ body: () throws -> SendStreamSummary
    ) {
        let expected = "\(reason) at \(offset)"
        do {
            _ = try body()
            Issue.record("nothing was thrown", sourceLocation: sourceLocation)
        } catch {
            let found = (error as? SendStreamError).map { "\($0.reason) at \($0.offset)" }
            #expect(found == expected, sourceLocation: sourceLocation)
        }
    }
}

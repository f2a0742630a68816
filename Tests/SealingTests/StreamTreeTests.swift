import Foundation
import HandMadeStreams
import Sealing
import SystemPackage
import Testing

@Suite("What a stream may do to the tree that it makes")
struct StreamTreeTests {
    private enum Step {
        case file(String), directory(String), link(String, String), fifo(String), device(String)
        case rename(String, String), hardLink(String, String), unlink(String), rmdir(String)
        case write(String), truncate(String), chmod(String), chown(String), attribute(String)
        case clone(String, from: String, uuid: [UInt8]), hole(String, mode: UInt32)

        var command: (UInt16, [UInt8]) {
            func paths(_ path: String, _ kind: UInt16? = nil, _ other: String = "") -> [UInt8] {
                HandMadeStream.attribute(15, Array(path.utf8))
                    + (kind.map { HandMadeStream.attribute($0, Array(other.utf8)) } ?? [])
            }
            return switch self {
            case .file(let path): (3, paths(path))
            case .directory(let path): (4, paths(path))
            case .device(let path): (5, paths(path))
            case .fifo(let path): (6, paths(path))
            case .link(let path, let target): (8, paths(path, 17, target))
            case .rename(let path, let to): (9, paths(path, 16, to))
            case .hardLink(let path, let of): (10, paths(path, 17, of))
            case .unlink(let path): (11, paths(path))
            case .rmdir(let path): (12, paths(path))
            case .attribute(let path): (13, paths(path))
            case .write(let path): (15, paths(path) + HandMadeStream.attribute(19, [1]))
            case .clone(let path, let from, let uuid):
                (16, paths(path, 22, from) + HandMadeStream.attribute(20, uuid))
            case .truncate(let path): (17, paths(path))
            case .chmod(let path): (18, paths(path))
            case .chown(let path): (19, paths(path))
            case .hole(let path, let mode):
                (23, paths(path) + HandMadeStream.attribute(25, HandMadeStream.little(mode, 4)))
            }
        }
    }

    private func reason(_ steps: [Step], parent: FilePath? = nil, increment: Bool = false) -> SendStreamError.Reason? {
        var stream = HandMadeStream(version: 2)
        stream.begin(parent: increment || parent != nil ? HandMadeStream.parent : nil)
        for step in steps { stream.command(step.command.0, step.command.1) }
        stream.end()
        do {
            _ = try inspected(stream.bytes, size: steps.count > 1_000 ? 100_000 : 7, parentTree: parent)
            return nil
        } catch {
            return (error as? SendStreamError)?.reason
        }
    }

    private let own = HandMadeStream.uuid

    @Test("a full stream as btrfs send writes it")
    func full() {
        #expect(
            reason([
                .directory("o257-5-0"), .rename("o257-5-0", "a"), .file("o258-5-0"), .rename("o258-5-0", "a/file"),
                .write("a/file"), .hole("a/file", mode: 3), .truncate("a/file"), .chmod("a/file"),
                .link("o259-5-0", "/etc/passwd"), .rename("o259-5-0", "a/link"), .chown("a/link"),
                .attribute("a/link"), .device("o260-5-0"), .rename("o260-5-0", "a/null"), .chmod("a/null"),
                .hardLink("b", "a/file"), .clone("b", from: "a/file", uuid: own), .chown(""), .chmod(""),
            ]) == nil)
    }

    @Test("data go to regular files only, whatever a name went through before")
    func data() {
        for make in [Step.link("x", "/etc"), .device("x"), .fifo("x")] {
            let writes: [(String) -> Step] = [
                { .write($0) }, { .truncate($0) }, { .hole($0, mode: 3) }, { .clone($0, from: "f", uuid: own) },
            ]
            for write in writes {
                let file = Step.file("f")
                #expect(reason([file, make, write("x")]) == .otherObject("x"))
                #expect(reason([file, make, .rename("x", "y"), write("y")]) == .otherObject("y"))
                #expect(reason([file, make, .hardLink("d/y", "x"), write("d/y")]) == .otherObject("d/y"))
                #expect(
                    reason([file, make, .directory("d"), .rename("x", "d/x"), .rename("d", "e"), write("e/x")])
                        == .otherObject("e/x"))
                // Taken away, the name is free again.
                #expect(reason([file, make, .unlink("x"), .file("x"), write("x")]) == nil)
            }
        }
        #expect(reason([.link("x", "y"), .chmod("x")]) == .otherObject("x"))
    }

    @Test("nothing leads through a link or a device")
    func through() {
        for step in [
            Step.write("x/f"), .chmod("x/f"), .file("x/f"), .rename("f", "x/f"), .attribute("x/f"), .rmdir("x/f"),
        ] {
            #expect(reason([.link("x", "/"), step]) == .throughLink(path(of: step)))
            #expect(reason([.device("x"), step]) == .throughLink(path(of: step)))
        }
    }

    private func path(of step: Step) -> String {
        switch step {
        case .write(let path), .chmod(let path), .file(let path), .attribute(let path), .rmdir(let path): path
        case .rename(let path, _): path
        default: ""
        }
    }

    @Test("nothing is made, linked or renamed over what is there")
    func over() {
        #expect(reason([.link("x", "/etc/passwd"), .file("x")]) == .otherObject("x"))
        #expect(reason([.link("x", "/etc/passwd"), .file("f"), .rename("f", "x")]) == .otherObject("f"))
        #expect(reason([.link("x", "/etc/passwd"), .hardLink("x", "f")]) == .otherObject("x"))
    }

    @Test("a clone comes from this snapshot or its parent")
    func clones() {
        #expect(
            reason([.file("f"), .clone("f", from: "g", uuid: [UInt8](repeating: 9, count: 16))]) == .cloneSource("f"))
        #expect(reason([.file("f"), .clone("f", from: "g", uuid: HandMadeStream.parent)]) == .cloneSource("f"))
        #expect(reason([.link("g", "/etc/shadow"), .clone("f", from: "g", uuid: own)]) == .cloneSource("f"))
        #expect(reason([.link("g", "/etc"), .clone("f", from: "g/shadow", uuid: own)]) == .throughLink("f"))
    }

    @Test("numbers that btrfs send never writes, and a snapshot without contents")
    func numbers() {
        for mode in [0, 1, 2, 4, 0xffff_ffff] as [UInt32] {
            #expect(reason([.file("f"), .hole("f", mode: mode)]) == .notOfSend(23))
        }
    }

    @Test("an increment is compared with its parent")
    func increments() throws {
        let scratch = try Scratch()
        let parent = scratch.path("parent")
        let manager = FileManager.default
        try manager.createDirectory(atPath: parent.appending("dir/sub").string, withIntermediateDirectories: true)
        try Data([1]).write(to: URL(filePath: parent.appending("dir/file").string))
        try Data([1]).write(to: URL(filePath: parent.appending("file").string))
        try manager.createSymbolicLink(atPath: parent.appending("link").string, withDestinationPath: "/etc/shadow")
        try manager.createSymbolicLink(atPath: parent.appending("dir/up").string, withDestinationPath: "..")
        func reason(_ steps: Step...) -> SendStreamError.Reason? { self.reason(steps, parent: parent) }
        let theirs = HandMadeStream.parent

        #expect(
            reason(.write("file"), .truncate("dir/file"), .chmod("dir"), .clone("file", from: "dir/file", uuid: theirs))
                == nil)
        #expect(reason(.rename("dir", "moved"), .write("moved/file"), .file("dir"), .write("dir")) == nil)
        #expect(reason(.hardLink("h", "dir/file"), .write("h"), .unlink("dir/file"), .file("dir/file")) == nil)
        // Of the parent's finished tree, whatever became of the name since.
        #expect(reason(.unlink("dir/file"), .clone("file", from: "dir/file", uuid: theirs)) == nil)

        #expect(reason(.write("link")) == .otherObject("link"))
        #expect(reason(.chmod("link")) == .otherObject("link"))
        #expect(reason(.write("dir/up/file")) == .throughLink("dir/up/file"))
        #expect(reason(.rename("dir", "moved"), .write("moved/up/file")) == .throughLink("moved/up/file"))
        #expect(reason(.rename("link", "dir/sub/l"), .write("dir/sub/l")) == .otherObject("dir/sub/l"))
        #expect(reason(.hardLink("h", "link"), .write("h")) == .otherObject("h"))
        #expect(reason(.file("link")) == .otherObject("link"))
        #expect(reason(.file("file")) == .otherObject("file"))
        #expect(reason(.write("nothing")) == .otherObject("nothing"))
        #expect(reason(.unlink("file"), .write("file")) == .otherObject("file"))
        #expect(reason(.unlink("nothing")) == .otherObject("nothing"))
        #expect(reason(.clone("file", from: "link", uuid: theirs)) == .cloneSource("file"))
        #expect(reason(.clone("file", from: "dir/up/file", uuid: theirs)) == .throughLink("file"))
        #expect(reason(.clone("file", from: "nothing", uuid: theirs)) == .cloneSource("file"))
        // Where the parent is not at hand its objects are taken for what the commands say.
        #expect(self.reason([.write("link"), .unlink("nothing")], increment: true) == nil)
        #expect(self.reason([.link("l", "/"), .write("l")], increment: true) == .otherObject("l"))
    }

    @Test("attributes that come twice, are missing, or have another size")
    func attributes() {
        func reason(_ kind: UInt16, _ attributes: [UInt8]) -> SendStreamError.Reason? {
            var stream = HandMadeStream(version: 2)
            stream.begin()
            stream.command(kind, attributes)
            stream.end()
            do {
                _ = try inspected(stream.bytes)
                return nil
            } catch {
                return error.reason
            }
        }
        let path = HandMadeStream.attribute(15, [97])
        #expect(reason(15, path + path) == .attributes)
        #expect(reason(15, []) == .attributes)
        #expect(reason(9, path) == .attributes)
        #expect(reason(10, path) == .attributes)
        #expect(reason(16, path + HandMadeStream.attribute(22, [97])) == .attributes)
        #expect(
            reason(16, path + HandMadeStream.attribute(22, [97]) + HandMadeStream.attribute(20, [1])) == .attributes)
        #expect(reason(23, path) == .attributes)
        #expect(reason(23, path + HandMadeStream.attribute(25, [3])) == .attributes)
        #expect(reason(3, HandMadeStream.attribute(15, [UInt8](repeating: 97, count: 4097))) == .path)
        #expect(reason(3, HandMadeStream.attribute(15, [UInt8](repeating: 97, count: 4096))) == nil)
        #expect(reason(22, path) == .notOfSend(22))
        // btrfs receive passes over what a command does not need, so nothing may be judged by it.
        let others = [16, 17, 22].map { HandMadeStream.attribute($0, [98]) } + [HandMadeStream.attribute(20, own)]
        for kind in [3, 4, 5, 6, 7, 11, 12, 13, 14, 15, 17, 18, 19, 20] as [UInt16] {
            for other in others { #expect(reason(kind, path + other) == .attributes, "command \(kind)") }
        }
        #expect(reason(9, path + others[0] + others[2]) == .attributes)
        #expect(reason(10, path + others[1] + others[2]) == .attributes)
        #expect(reason(8, path + others[1] + others[0]) == .attributes)
        #expect(reason(3, path + HandMadeStream.little(UInt16(19), 2) + [1]) == .attributes)
        #expect(reason(21, path) == .attributes)
    }

    @Test("directories that are moved into one another a hundred thousand times")
    func depth() {
        var steps = [Step.directory("x"), .link("x/l", "a")]
        for _ in 0..<50_000 {
            steps += [.directory("y"), .rename("x", "y/z"), .directory("x"), .rename("y", "x/z")]
        }
        #expect(reason(steps) == nil)
        #expect(reason(steps + [.write("x/l")]) == nil)
        #expect(reason(steps + [.write("x/z/z")]) == nil)
    }

    @Test("an encoded write is of one extent")
    func encodedWrites() {
        func reason(file: Int = 4096, whole: Int = 4096, offset: Int = 0, compression: Int = 2, encryption: Int = 0)
            -> SendStreamError.Reason?
        {
            var attributes = HandMadeStream.attribute(15, [97])
            for (kind, value) in [(27, file), (28, whole), (29, offset)] as [(UInt16, Int)] {
                attributes += HandMadeStream.attribute(kind, HandMadeStream.little(UInt64(bitPattern: Int64(value)), 8))
            }
            for (kind, value) in [(30, compression), (31, encryption)] as [(UInt16, Int)] {
                attributes += HandMadeStream.attribute(kind, HandMadeStream.little(UInt32(value), 4))
            }
            var stream = HandMadeStream(version: 2)
            stream.begin()
            stream.command(25, attributes + HandMadeStream.little(UInt16(19), 2) + [1, 2, 3])
            stream.end()
            do {
                _ = try inspected(stream.bytes, size: 5)
                return nil
            } catch {
                return error.reason
            }
        }
        #expect(reason() == nil)
        #expect(reason(file: 100, whole: 131_072, offset: 130_972) == nil)
        #expect(reason(file: 101, whole: 131_072, offset: 130_972) == .notOfSend(25))
        #expect(reason(whole: 131_073) == .notOfSend(25))
        #expect(reason(file: 0) == .notOfSend(25))
        #expect(reason(offset: -1) == .notOfSend(25))
        #expect(reason(compression: 8) == .notOfSend(25))
        #expect(reason(encryption: 1) == .notOfSend(25))
    }

    @Test("a command is no larger than the kernel's buffer")
    func length() {
        for (version, largest) in [(1, 1 << 16), (2, 192 << 10)] as [(UInt32, Int)] {
            var stream = HandMadeStream(version: version)
            stream.begin()
            let before = stream.bytes.count
            let length = UInt32(largest - 10 + 1)
            stream.command(15, [], length: length)
            let error = #expect(throws: SendStreamError.self) { try inspected(stream.bytes) }
            #expect(error?.reason == .commandLength(length))
            #expect(error?.offset == UInt64(before))
        }
    }
}

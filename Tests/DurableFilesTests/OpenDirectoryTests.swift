import DurableFiles
import ScratchSpace
import StockTools
import SystemPackage
import Testing

struct OpenDirectoryTests {
    let scratch: ScratchDirectory
    let root: FilePath

    init() throws {
        scratch = try ScratchDirectory()
        root = scratch.path
    }

    @Test("A link is never followed: neither as a directory nor as a file")
    func links() throws {
        // given
        try plant(root.appending("there").appending("file"), [1])
        try plantLink(root.appending("directory"), to: "there")
        try plantLink(root.appending("file"), to: "there/file")
        let directory = try OpenDirectory(root)
        // when
        let first = #expect(throws: FileFailure.self) { _ = try directory.directory("directory") }
        let second = #expect(throws: FileFailure.self) { _ = try directory.file("file", .readOnly) }
        // then
        #expect(first?.errno == .notDirectory)
        #expect(second?.errno == .tooManySymbolicLinkLevels)
        #expect(second?.path == root.appending("file"))
    }

    @Test("The kind of a name is what it is, not what it points to")
    func kinds() throws {
        try plant(root.appending("file"))
        try plantLink(root.appending("link"), to: "file")
        try runTool("mkfifo", root.appending("pipe").string)
        let directory = try OpenDirectory(root)
        #expect(try directory.makeDirectory("directory"))
        #expect(try directory.kind(of: "file") == .file)
        #expect(try directory.kind(of: "directory") == .directory)
        #expect(try directory.kind(of: "link") == .other)
        #expect(try directory.kind(of: "pipe") == .other)
        #expect(try directory.kind(of: "absent") == nil)
        #expect(try directory.names() == ["directory", "file", "link", "pipe"])
        #expect(try directory.names().count == 4, "a second listing starts from the beginning")
    }

    @Test("A rename to a new name and a link refuse a name that is taken; a replacing rename takes it")
    func renames() throws {
        // given
        try plant(root.appending("old"), [1])
        try plant(root.appending("taken"), [2])
        let directory = try OpenDirectory(root)
        #expect(try directory.makeDirectory("below"))
        #expect(try !directory.makeDirectory("below"))
        let below = try directory.directory("below")
        // when
        let renamed = #expect(throws: FileFailure.self) {
            try directory.rename("old", toNewName: "taken", in: directory)
        }
        let linked = #expect(throws: FileFailure.self) {
            try directory.link("old", toNewName: "taken", in: directory)
        }
        try directory.link("old", toNewName: "second", in: below)
        try directory.rename("old", toNewName: "first", in: below)
        try directory.rename("taken", replacing: "first", in: below)
        // then
        #expect(renamed?.errno == .fileExists)
        #expect(linked?.errno == .fileExists)
        #expect(tree(root) == ["below", "below/first", "below/second"])
        #expect(contents(root.appending("below").appending("first")) == [2])
        #expect(contents(root.appending("below").appending("second")) == [1])
    }

    @Test("Removing what is gone is not a failure; a directory goes only when it is empty")
    func removes() throws {
        try plant(root.appending("below").appending("file"))
        let directory = try OpenDirectory(root)
        let failure = #expect(throws: FileFailure.self) { try directory.removeDirectory("below") }
        #expect(failure?.errno == .directoryNotEmpty)
        let below = try directory.directory("below")
        try below.removeFile("file")
        try below.removeFile("file")
        try directory.removeDirectory("below")
        #expect(tree(root) == [])
    }

    @Test("A file's state changes when it is written to, and an attribute comes back as it was set")
    func fileState() throws {
        try plant(root.appending("file"), [1, 2, 3])
        let file = try OpenDirectory(root).file("file", .readWrite)
        let before = try file.state()
        #expect(before.size == 3)
        #expect(before.isRegular)
        #expect(file.attribute("devjournal.test") == nil)
        if file.setAttribute("devjournal.test", [1, 2]) { #expect(file.attribute("devjournal.test") == [1, 2]) }
        #expect(try file.state() == before, "an attribute is not content")
        try runTool("touch", "-d", "2001-01-01", file.path.string)
        #expect(try file.state() != before)
    }
}

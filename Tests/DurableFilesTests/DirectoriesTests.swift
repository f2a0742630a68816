import DurableFiles
import Foundation
import ScratchSpace
import SystemPackage
import Testing

struct DirectoriesTests {
    let scratch: ScratchDirectory

    init() throws {
        scratch = try ScratchDirectory()
    }

    @Test("Names come sorted, hidden ones included; no directory is not an empty one")
    func names() throws {
        #expect(try namesInDirectory(scratch.path) == [])
        for name in ["b", "a", ".hidden", "B", "dev@2026-01.full"] { try plant(scratch.path.appending(name)) }
        #expect(try namesInDirectory(scratch.path) == [".hidden", "B", "a", "b", "dev@2026-01.full"])
        #expect(try namesInDirectory(scratch.path.appending("absent")) == nil)
        let failure = #expect(throws: FileFailure.self) { try namesInDirectory(scratch.path.appending("a")) }
        #expect(failure?.errno == .notDirectory)
    }

    @Test("Directories are made with those above them, and again without complaint")
    func makes() throws {
        let deep = scratch.path.appending("a").appending("b").appending("c")
        try makeDirectories(deep)
        try makeDirectories(deep)
        #expect(tree(scratch.path) == ["a", "a/b", "a/b/c"])
        for path in [deep, deep.removingLastComponent()] {
            #expect(try path.stat().permissions.isDisjoint(with: [.otherReadWriteExecute, .groupWrite]))
        }
    }

    @Test("Where a path leads by its first link: one step, from where the link is; nil where there is none")
    func firstLink() throws {
        let top = scratch.path
        try makeDirectories(top.appending("data").appending("code"))
        let links = [("code", "data/code"), ("up", "../elsewhere/./x"), ("far", "/srv/code"), ("gone", "none")]
        for (name, target) in links {
            try FileManager.default.createSymbolicLink(
                atPath: top.appending(name).string, withDestinationPath: target)
        }
        #expect(throughFirstLink(top.appending("data").appending("code")) == nil)
        #expect(throughFirstLink(top.appending("absent").appending("code")) == nil)
        #expect(throughFirstLink(top.appending("code")) == top.appending("data").appending("code"))
        #expect(throughFirstLink(top.appending("code").appending("a")) == top.appending("data/code/a"))
        #expect(throughFirstLink(top.appending("up")) == top.removingLastComponent().appending("elsewhere/x"))
        #expect(throughFirstLink(top.appending("far").appending("sub")) == "/srv/code/sub")
        #expect(throughFirstLink(top.appending("gone")) == top.appending("none"))
    }

    @Test("A file in the way of a directory is a failure")
    func fileInTheWay() throws {
        try plant(scratch.path.appending("a"))
        let failure = #expect(throws: FileFailure.self) {
            try makeDirectories(scratch.path.appending("a").appending("b"))
        }
        #expect(failure?.errno == .notDirectory)
    }

    @Test("Removing a file that is gone is not a failure, removing a directory is")
    func removes() throws {
        let file = scratch.path.appending("a")
        try plant(file)
        try removeFile(file)
        try removeFile(file)
        #expect(!pathExists(file))
        #expect(throws: FileFailure.self) { try removeFile(scratch.path) }
    }

    @Test("A link that leads nowhere exists")
    func danglingLink() throws {
        let link = scratch.path.appending("link")
        try plantLink(link, to: "nowhere")
        #expect(pathExists(link))
    }
}

import ScratchSpace
import SystemPackage
import Testing

@testable import DurableFiles

@Suite("Room on a file system")
struct FileSystemSpaceTests {
    @Test("It is that of the directory, and of one above where it does not exist yet")
    func path() throws {
        let scratch = try ScratchDirectory()
        let space = try FileSystemSpace(holding: scratch.path)
        #expect(space.total > 0 && space.free <= space.total)
        let below = try FileSystemSpace(holding: scratch.path.appending("not/there/yet"))
        #expect(below.total == space.total)
        #expect(try FileSystemSpace(holding: "not-there-either").total > 0)
    }

    @Test("A path that cannot be looked at is an error, and no free disk")
    func failure() throws {
        let scratch = try ScratchDirectory()
        let file = scratch.path.appending("file")
        try plant(file, [1])
        #expect(throws: FileFailure.self) { try FileSystemSpace(holding: file.appending("below")) }
    }

    @Test("A rename stays within a file system")
    func renaming() throws {
        let scratch = try ScratchDirectory()
        let file = scratch.path.appending("file")
        try plant(file, [1])
        #expect(try canRename(file, into: scratch.path))
        #expect(try !canRename(file, into: "/proc"))
        #expect(throws: FileFailure.self) { try canRename(scratch.path.appending("none"), into: scratch.path) }
    }
}

import DurableFiles
import Glibc
import ScratchSpace
import SystemPackage
import Testing

@Suite("A copy in an inode of its own")
struct FreshCopyTests {
    private let scratch: ScratchDirectory
    private let source: FilePath
    private let target: FilePath

    init() throws {
        scratch = try ScratchDirectory()
        source = scratch.path.appending("source")
        target = scratch.path.appending("target")
        try writeFileAtomically(source, Array("what was sealed".utf8))
    }

    private func fill(_ copy: borrowing FreshCopy) throws {
        if try !copy.clone() { try copy.copy() }
        try copy.finish()
    }

    @Test("Somebody who holds the source open changes nothing in it")
    func isOurs() throws {
        // given
        let writer = try OpenFile(source, .readWrite)
        let copy = try FreshCopy(of: source, for: target)
        try fill(copy)
        // when
        try writer.write(Array("CHANGED".utf8).span, at: 0)
        try copy.rename(to: target)
        try writer.write(Array("CHANGED".utf8).span, at: 8)
        // then
        #expect(try readFile(target) == Array("what was sealed".utf8))
        let status = try target.stat()
        #expect(status.permissions == [.ownerRead, .groupRead] && status.linkCount == 1)
    }

    @Test("What is appended after it was opened is none of it")
    func appended() throws {
        let copy = try FreshCopy(of: source, for: target)
        let writer = try OpenFile(source, .writeOnly, options: .append)
        try writer.write(Array(", and more".utf8).span)
        try fill(copy)
        try copy.rename(to: target)
        #expect(try readFile(target) == Array("what was sealed".utf8))
    }

    @Test("Without a name it leaves nothing, and what a killed process left goes with the next")
    func leftovers() throws {
        func drop() throws {
            let copy = try FreshCopy(of: source, for: target)
            try fill(copy)
            #expect(try namesInDirectory(scratch.path)?.count == 2)
        }
        try drop()
        #expect(try namesInDirectory(scratch.path) == ["source"])
        try writeFileAtomically(scratch.path.appending(".target.abc.new"), [1])
        try drop()
        #expect(try namesInDirectory(scratch.path) == ["source"])
        // A name that is taken is never written over.
        try writeFileAtomically(target, [1])
        #expect(throws: FileFailure.self) {
            let copy = try FreshCopy(of: source, for: target)
            try fill(copy)
            try copy.rename(to: target)
        }
        #expect(try readFile(target) == [1])
        #expect(try namesInDirectory(scratch.path) == ["source", "target"])
    }

    @Test("Links and directories are not copied")
    func notRegular() throws {
        try #require(symlink(source.string, scratch.path.appending("link").string) == 0)
        for path in [scratch.path.appending("link"), scratch.path] {
            #expect(throws: FileFailure.self) { _ = try FreshCopy(of: path, for: target) }
        }
        #expect(try namesInDirectory(scratch.path) == ["link", "source"])
    }
}

import Foundation
import ScratchSpace
import SystemPackage
import Testing

@testable import Browsing

@Suite("The directory that a tree is put into")
struct TargetTreeTests {
    private let scratch: ScratchDirectory
    private let place: FilePath

    init() throws {
        scratch = try ScratchDirectory()
        place = scratch.path.appending("target")
    }

    private func bytes(_ path: String) -> [UInt8] { Array(path.utf8) }

    private func names(_ path: FilePath) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: path.string).sorted()
    }

    private func newFile(_ target: TargetTree, _ text: String) throws -> [UInt8] {
        let (name, file) = try target.newFile()
        _ = try file.writeAll(Array(text.utf8))
        try file.close()
        return name
    }

    @Test("what is made has no name before it gets one, and nothing is left of what gets none")
    func unnamed() throws {
        let target = try TargetTree(place)
        #expect(target.wasEmpty)
        #expect(try target.makeDirectory(bytes("a")))
        #expect(try !target.makeDirectory(bytes("a")))
        let name = try newFile(target, "one")
        _ = try newFile(target, "two")
        _ = try target.newLink(to: bytes("elsewhere"))
        #expect(try names(place.appending("a")).isEmpty)
        try target.put(name, at: bytes("a/one"), replaces: false)
        target.finish()
        #expect(try names(place) == ["a"])
        #expect(try names(place.appending("a")) == ["one"])
    }

    @Test("nothing takes the place of what is there, unless it may; a second name of it neither leaves anything")
    func taken() throws {
        let target = try TargetTree(place)
        try target.put(try newFile(target, "one"), at: bytes("f"), replaces: false)
        let other = try newFile(target, "two")
        #expect(throws: Errno.fileExists) { try target.put(other, at: bytes("f"), replaces: false) }
        #expect(try String(contentsOfFile: place.appending("f").string, encoding: .utf8) == "one")
        try target.put(other, at: bytes("f"), replaces: true)
        #expect(try String(contentsOfFile: place.appending("f").string, encoding: .utf8) == "two")
        try target.put(try target.newName(of: bytes("f")), at: bytes("f"), replaces: true)
        #expect(throws: Errno.fileExists) { try target.makeDirectory(bytes("f")) }
        target.finish()
        #expect(try names(place) == ["f"])
    }

    @Test("no symbolic link leads on: not to a file, a directory, or above")
    func links() throws {
        // given
        let target = try TargetTree(place)
        let outside = scratch.path.appending("outside")
        try FileManager.default.createDirectory(atPath: outside.string, withIntermediateDirectories: false)
        for (name, to) in [("away", outside.string), ("up", ".."), ("here", "a")] {
            try FileManager.default.createSymbolicLink(
                atPath: place.appending(name).string, withDestinationPath: to)
        }
        #expect(try target.makeDirectory(bytes("a")))
        let file = try newFile(target, "one")
        // then
        for name in ["away", "up", "here"] {
            #expect(throws: (any Error).self) { try target.put(file, at: bytes("\(name)/f"), replaces: true) }
            #expect(throws: (any Error).self) { try target.makeDirectory(bytes("\(name)/d")) }
            #expect(throws: (any Error).self) { try target.directory(bytes(name)) }
            #expect(throws: (any Error).self) { try target.file(bytes(name)) }
        }
        try target.put(file, at: bytes("away"), replaces: true)
        #expect(try names(outside).isEmpty)
        #expect(try names(place.appending("a")).isEmpty)
        #expect(try String(contentsOfFile: place.appending("away").string, encoding: .utf8) == "one")
    }

    @Test("what a killed run has left is removed, and what another one is writing is not")
    func leftovers() throws {
        let left = place.appending(".devjournal-1234.new")
        try FileManager.default.createDirectory(atPath: left.string, withIntermediateDirectories: true)
        #expect(FileManager.default.createFile(atPath: left.appending("7").string, contents: Data([1])))
        let target = try TargetTree(place)
        #expect(target.wasEmpty)
        let file = try newFile(target, "one")
        let another = try TargetTree(place)
        another.finish()
        try target.put(file, at: bytes("f"), replaces: false)
        target.finish()
        #expect(try names(place) == ["f"])
    }

    @Test("a file is not a directory")
    func file() throws {
        #expect(FileManager.default.createFile(atPath: place.string, contents: Data()))
        #expect(throws: ExtractionError.target(place, .notDirectory)) { try TargetTree(place) }
    }
}

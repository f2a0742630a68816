import Artifacts
import DurableFiles
import Foundation
import Machines
import ScratchSpace
import StockTools
import SystemPackage
import TestMachines
import Testing

@Suite("A bundle for an auditor")
struct AuditorExportTests {
    private let server: TestMachine
    private let out: FilePath

    init() throws {
        server = try TestMachine.server()
        out = server.folder.appending("bundle")
    }

    @Test("it holds the journal, a checkpoint, root's fingerprint, the format and a verifier")
    func directory() throws {
        let result = try AuditorExport(server.machine).run(to: out.string)
        #expect(result.records == 3)
        #expect(result.root == server.root.id)
        let names = tree(out)
        for name in ["README.txt", "root.fingerprint", "verify_journal.py", "journal-format.md", "journal/checkpoint"] {
            #expect(names.contains(name))
        }
        #expect(contents(out.appending("root.fingerprint")) == Array("\(server.root.id)\n".utf8))
        let segment = try #require(try server.server.journal.segmentNames()?.first)
        #expect(
            contents(out.appending("journal").appending(segment))
                == contents(server.server.journal.path.appending(segment)))
    }

    @Test("the archive holds the same files, under one directory")
    func archive() throws {
        _ = try AuditorExport(server.machine).run(to: out.string)
        _ = try AuditorExport(server.machine).run(to: "\(out).tar")
        try runTool("tar", "-xf", "\(out).tar", "-C", server.server.root.string)
        let unpacked = server.server.root.appending("bundle")
        #expect(tree(unpacked) == tree(out))
        #expect(contents(unpacked.appending("README.txt")) == contents(out.appending("README.txt")))
        #expect(
            contents(unpacked.appending("journal/checkpoint")) == contents(out.appending("journal/checkpoint")))
    }

    @Test("nothing is overwritten, and a place without a name is refused")
    func refused() throws {
        try plant(out, [1])
        #expect(throws: ExportError.isThere(out)) { _ = try AuditorExport(server.machine).run(to: out.string) }
        #expect(contents(out) == [1])
        #expect(throws: ExportError.notAName("/")) { _ = try AuditorExport(server.machine).run(to: "/") }
    }

    @Test("of a journal that was changed nothing is exported, and nothing is left")
    func damaged() throws {
        let segment = try #require(try server.server.journal.segmentNames()?.first)
        let path = server.server.journal.path.appending(segment)
        var bytes = try #require(contents(path))
        let place = try #require(bytes.firstIndex(of: UInt8(ascii: "d")))
        bytes[place] = UInt8(ascii: "e")
        try plant(path, bytes)
        #expect(throws: (any Error).self) { _ = try AuditorExport(server.machine).run(to: out.string) }
        #expect(tree(server.folder).allSatisfy { !$0.contains("bundle") })
    }
}

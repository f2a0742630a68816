import Backup
import BackupJournal
import DurableFiles
import Foundation
import JournalFormat
import JournalStore
import Machines
import ScratchSpace
import SystemPackage
import TestMachines
import Testing

@Suite("Files of projections")
struct ProjectionWritingTests {
    @Test("What was written does not drift; what was changed or removed is named")
    func drift() throws {
        let server = try TestMachine.server()
        let manifests = server.folder.appending("elsewhere")
        try makeDirectories(manifests)
        let files = ProjectionFiles(manifests)
        let state = try server.state()
        func drift() throws -> [String] {
            try files.drift(from: state).map { "\($0.path.lastComponent?.string ?? "") \($0.found)" }
        }
        #expect(try drift() == ["snapshots_v2.tsv is missing", "state.env is missing"])
        try server.machine.writeProjections(state, in: manifests)
        #expect(try drift() == [])
        let env = manifests.appending("state.env")
        let text = try #require(contents(env))
        let other = String(decoding: text, as: UTF8.self).replacingOccurrences(of: "SEQ=", with: "SEQ=7")
        try plant(env, Array(other.utf8))
        #expect(try drift() == ["state.env differs from line 6 on"])
        try plant(env, text + Array("MORE=1\n".utf8))
        #expect(try drift() == ["state.env differs from line 8 on"])
        try plant(env, Array(text.dropLast()))
        #expect(try drift() == ["state.env differs from line 7 on"])
        try plant(env)
        #expect(try drift() == ["state.env differs from line 1 on"])
        try server.machine.writeProjections(state, in: manifests)
        #expect(try drift() == [])
        #expect(tree(manifests) == ProjectionFiles.names)
    }

    @Test("A journal that was resumed has its projections written by reading it, where they are not right")
    func interrupted() throws {
        let server = try TestMachine.server()
        // An append leaves the cache that the next one resumes from.
        try server.record(.note(type: EventType(.note), data: ["text": .string("one")], by: .sequencer))
        let right = try #require(contents(server.server.manifests.appending("state.env")))
        try plant(server.server.manifests.appending("state.env"), Array("SEQ=3\n".utf8))
        let journal = try server.machine.openJournal(.resuming(.line))
        #expect(journal.replay.state == nil)
        try server.machine.writeProjections(of: journal)
        #expect(contents(server.server.manifests.appending("state.env")) == right)
        #expect(try server.server.projections.drift(from: server.state()).isEmpty)
    }

    @Test("What counts whatever becomes of its projections is recorded, and a warning says what is left to do")
    func warned() throws {
        let server = try TestMachine.server()
        var journal = try server.machine.openJournal(.reading)
        try removeTree(server.server.manifests)
        try plant(server.server.manifests)
        let note = Command.note(type: EventType(.note), data: ["text": .string("one")], by: .sequencer)
        #expect(try server.machine.append(note, in: &journal).map(\.seq) == [4])
        server.machine.writeProjectionsOrWarn(ofRecorded: journal)
        #expect(server.reporter.warned.count == 1)
        #expect(server.reporter.warned.first?.contains("up to record 4") == true)
    }
}

import BackupJournal
import JournalFormat
import JournalStore
import Machines
import Mirror
import Recovery
import RecoveryKit
import ScratchSpace
import SystemPackage
import TestMachines
import Testing

@Suite("A server made again from mirror and kit")
struct RebuildTests {
    private func rebuild(
        _ empty: EmptyServer, _ rescued: RescuedServer, head: FilePath? = nil, witness: FilePath? = nil,
        _ text: String = passphrase
    ) throws -> RebuiltJournal {
        try MirrorRebuild(empty.machine, mirror: nil, head: head?.string, witness: witness?.string)
            .run(kit: rescued.kit.path, passphrase: typing(text))
    }

    @Test("given kit, passphrase and bucket, all comes back, in an epoch of its own")
    func comesBack() throws {
        let rescued = try RescuedServer(isMirrored: true)
        try rescued.push()
        let size = try rescued.size
        let empty = try EmptyServer()
        let rebuilt = try rebuild(empty, rescued)
        #expect(rebuilt.committed.size == size && rebuilt.beyond == 0 && rebuilt.epoch == 2)
        #expect(try empty.machine.currentEpoch().root == rescued.server.root.id)
        let age = try AgeKeyFiles(empty.machine.server).read().map(\.recipient)
        #expect(age == [rescued.server.identity.recipient])
        #expect(try empty.machine.server.projections.drift(from: try empty.machine.state()).isEmpty)
        #expect(empty.reporter.said.contains { $0.hasPrefix("not knowable here") })
        #expect(tree(empty.machine.server.temporary) == [])
    }

    @Test("a wrong passphrase leaves the machine as empty as it was")
    func wrongPassphrase() throws {
        let rescued = try RescuedServer(isMirrored: true)
        try rescued.push()
        let empty = try EmptyServer()
        #expect(throws: RecoveryKit.OpeningError.self) { _ = try rebuild(empty, rescued, "not these") }
        #expect(empty.left.isEmpty)
    }

    @Test("a kit whose root was replaced brings nothing back, and leaves nothing")
    func rootReplaced() throws {
        let rescued = try RescuedServer(isMirrored: true)
        try rescued.push()
        try replaceRoot(of: rescued)
        try rescued.push()
        let empty = try EmptyServer()
        let error = #expect(throws: RebuildError.self) { _ = try rebuild(empty, rescued) }
        if case .rootReplaced = error {} else { Issue.record("\(String(describing: error))") }
        #expect(empty.isEmpty)
    }

    @Test("a mirror older than a remembered head is refused, and nothing is left")
    func rolledBack() throws {
        let rescued = try RescuedServer(isMirrored: true)
        try rescued.push()
        try rescued.note()
        let head = rescued.server.folder.appending("head")
        try plant(head, Array(try rescued.machine.openJournal(.reading).writeCheckpoint().note.utf8))
        let empty = try EmptyServer()
        let error = #expect(throws: MirrorError.self) { _ = try rebuild(empty, rescued, head: head) }
        if case .rolledBack = error {} else { Issue.record("\(String(describing: error))") }
        #expect(empty.isEmpty)
    }

    @Test("a witness's lines bring back what was never mirrored")
    func witness() throws {
        let rescued = try RescuedServer(isMirrored: true)
        try rescued.push()
        let mirrored = try rescued.size
        try rescued.note("lost otherwise")
        try rescued.note("this too")
        let lines = rescued.server.folder.appending("lines")
        try plant(lines, try rescued.lines)
        let empty = try EmptyServer()
        let rebuilt = try rebuild(empty, rescued, witness: lines)
        #expect(rebuilt.committed.size == mirrored && rebuilt.fromWitness == 2)
        var notes: [String] = []
        _ = try empty.machine.replay { record, _ in
            if record.event.type == "note", let text = record.event.data["text"]?.string { notes.append(text) }
        }
        #expect(notes == ["lost otherwise", "this too"])
    }

    @Test("where another age key is, nothing is claimed at the mirror")
    func otherAgeKey() throws {
        let rescued = try RescuedServer(isMirrored: true)
        try rescued.push()
        let empty = try EmptyServer()
        try empty.machine.server.makeDirectories()
        try AgeKeyFiles(empty.machine.server).write([.generate()], at: empty.machine.now())
        #expect(throws: RebuildError.otherAgeKey(empty.machine.server.ageIdentity)) { _ = try rebuild(empty, rescued) }
        // The server that was there can still write to it.
        try rescued.note()
        try rescued.push()
    }

    @Test("without a mirror anywhere there is nothing to rebuild from")
    func noMirror() throws {
        let rescued = try RescuedServer()
        try rescued.plantKit(rescued.kit) { $0.mirror = nil }
        let empty = try EmptyServer()
        #expect(throws: RebuildError.noMirror) { _ = try rebuild(empty, rescued) }
        #expect(empty.left.isEmpty)
    }

    @Test("a journal that is there is never rebuilt over")
    func journalThere() throws {
        let rescued = try RescuedServer(isMirrored: true)
        try rescued.push()
        let size = try rescued.size
        #expect(throws: JournalError.self) {
            _ = try MirrorRebuild(rescued.machine, mirror: nil, head: nil, witness: nil)
                .run(kit: rescued.kit.path, passphrase: typing())
        }
        #expect(try rescued.size == size)
    }
}

@Suite("Projections made again from the journal")
struct ProjectionRebuildTests {
    @Test("what was edited is drift, and is written again")
    func drift() throws {
        let rescued = try RescuedServer()
        let rebuild = ProjectionRebuild(rescued.machine, to: nil)
        let state = try rebuild.state(asOf: nil)
        let manifest = rescued.server.server.manifests.appending("snapshots_v2.tsv")
        try plant(manifest, Array("edited\n".utf8))
        #expect(try rebuild.drift(from: state).map(\.path) == [manifest])
        try rebuild.write(state)
        #expect(try rebuild.drift(from: state).isEmpty)
    }

    @Test("a moment is a record or a time")
    func moments() throws {
        let rescued = try RescuedServer()
        try rescued.note()
        let rebuild = ProjectionRebuild(rescued.machine, to: rescued.server.folder.appending("then"))
        #expect(try rebuild.state(asOf: "2").seq == 2)
        #expect(try rebuild.state(asOf: "2026-02-01").seq == 4)
        #expect(throws: RebuildError.noRecord("5", size: 4)) { _ = try rebuild.state(asOf: "5") }
        #expect(throws: RebuildError.noRecordUpTo("2026-01-31")) { _ = try rebuild.state(asOf: "2026-01-31") }
        #expect(throws: RebuildError.notAMoment("soon")) { _ = try rebuild.state(asOf: "soon") }
    }

    @Test("what a rebuild needs is said also where it is not there")
    func explained() throws {
        let rescued = try RescuedServer()
        #expect(try RebuildExplanation(rescued.machine).canRebuild)
        let lost = try RebuildExplanation(try EmptyServer().machine)
        #expect(!lost.canRebuild)
        #expect(lost.missing.count == lost.items.count)
    }
}

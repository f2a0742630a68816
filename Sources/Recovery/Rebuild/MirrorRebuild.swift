import Age
import Artifacts
import Backup
import BackupJournal
import DurableFiles
import Glibc
package import JournalFormat
import JournalStore
package import Machines
import Mirror
import ObjectStore
import RecoveryKit
package import Sodium
package import SystemPackage

/// Makes a server again from kit, passphrase and bucket.
///
/// Everything is fetched, verified and claimed in a directory next to the final one, and only then put in place: a
/// wrong passphrase or a damaged bucket leaves the server as empty as it was.
package struct MirrorRebuild {
    private let machine: Machine
    private let mirror: String?
    private let head: String?
    private let witness: String?

    package init(_ machine: Machine, mirror: String?, head: String?, witness: String?) {
        self.machine = machine
        self.mirror = mirror
        self.head = head
        self.witness = witness
    }

    package func run(kit path: FilePath, passphrase: () throws -> SecretBytes) throws -> RebuiltJournal {
        let server = machine.server
        let staging = server.temporary.appending("rebuild")
        try takeBackHalfInstalled(staging)
        if try server.journal.hasRecords() { throw JournalError.exists(server.journal.path) }
        let heads =
            try head.map { try SignedCheckpoint.parseAll(try Account.given(FilePath($0), limit: 1 << 20)) } ?? []
        let lines = try witness.map { try WitnessLines(parsing: try Account.given(FilePath($0), limit: 1 << 32)) }
        if let lines, lines.tornBytes > 0 {
            machine.reporter.warn(
                "the witness's last line is torn (\(Plain.counted(lines.tornBytes, "byte"))) and is not used")
        }
        let kit = try KitFile(path).open(try passphrase())
            .section(of: machine.dataset)
        try requireFreePlace(for: kit.identities)
        guard let url = mirror ?? machine.mirror ?? kit.mirror else {
            throw RebuildError.noMirror
        }
        let reader = MirrorReader(
            store: try machine.store(url), layout: MirrorLayout(dataset: kit.dataset),
            identities: kit.identities, keeping: machine.reserve)
        try server.makeDirectories()
        let turn = try CommitTurns(machine).begin(orRefuse: "another rebuild or push")
        // What a killed run has left, a key among it that nobody will use.
        try removeStaging(staging)
        let rebuilt: RebuiltJournal
        do {
            // Fetched elsewhere it would be for its user alone; here it will be the journal, which others may read.
            try makeDirectories(staging.appending("journal"))
            let fetched = try reader.fetchJournal(
                into: staging.appending("journal"), pinnedRoot: kit.root.id, heads: heads, witness: lines)
            try fetchPredecessor(try fetched.replay.readableState(), beside: fetched.directory, reader)
            rebuilt = try install(fetched, from: staging, kit, reader, in: turn)
        } catch {
            try? removeStaging(staging)
            if case .journal(.damaged(let damage)) = error as? MirrorError, damage.reason == .rootReplaced {
                throw RebuildError.rootReplaced(by: damage.record)
            }
            throw error
        }
        try removeStaging(staging)
        turn.end()
        return rebuilt
    }

    private func install(
        _ fetched: consuming FetchedJournal, from staging: FilePath, _ kit: KitSection, _ reader: MirrorReader,
        in turn: borrowing CommitTurn
    ) throws -> RebuiltJournal {
        let server = machine.server
        let committed = fetched.checkpoint.checkpoint
        let beyond = fetched.beyondCheckpoint
        let fromWitness = fetched.fromWitness
        let directory = fetched.directory
        let sequencer = JournalKey.generate(.sequencer)
        try KeyFile.write(sequencer, to: staging.appending("sequencer.key"))
        let claimed = try Takeover.claim(
            fetched, kit: kit, sequencer: sequencer, reader: reader,
            reason: BackupState.rebuildReason, now: machine.now(), in: turn)
        try adopt(kit.identities)
        try removeFile(server.sequencerKey)
        try renameToNewName(staging.appending("sequencer.key"), server.sequencerKey)
        try server.pin(kit.root.id)
        // The journal comes last: where it is, everything else is.
        try putInPlace(directory.path)
        try machine.writeProjections(try machine.state())
        machine.reporter.say(
            "\(Plain.counted(committed.size, "record")) committed by epoch \(committed.epoch), all verified")
        if beyond > 0 { machine.reporter.say("\(beyond) more records were found beyond the checkpoint and adopted") }
        machine.reporter.say(
            "epoch \(claimed.checkpoint.epoch) is claimed; the old server can no longer write to the mirror")
        if witness != nil {
            machine.reporter.say("\(fromWitness) more records came from the witness's lines, each verified")
        }
        if head == nil, witness == nil {
            machine.reporter.say(
                "not knowable here: whether the mirror was rolled back; --head FILE of a witness would tell")
        }
        return RebuiltJournal(
            committed: committed, beyond: beyond, fromWitness: fromWitness, epoch: claimed.checkpoint.epoch)
    }

    /// The journal's directory is there, in one that this user may not write. Its first segment comes last: a journal
    /// is there from then on.
    private func putInPlace(_ staged: FilePath) throws {
        let place = machine.server.journal
        try makeDirectories(place.path, permissions: 0o750)
        let first = JournalDirectory.segmentName(firstSeq: 1)
        for name in try namesInDirectory(staged) ?? [] where name != first {
            try renameToNewName(staged.appending(name), place.path.appending(name))
        }
        try renameToNewName(staged.appending(first), place.path.appending(first))
        try synchronizeDirectory(staged)
    }

    /// Where a killed run had begun to put the journal in its place, all but the first segment is nobody's.
    private func takeBackHalfInstalled(_ staging: FilePath) throws {
        let place = machine.server.journal.path
        let first = JournalDirectory.segmentName(firstSeq: 1)
        guard !pathExists(place.appending(first)), pathExists(staging.appending("journal").appending(first)) else {
            return
        }
        try removePredecessors(of: place)
        for name in try namesInDirectory(place) ?? [] { try removeFile(place.appending(name)) }
    }

    /// The lines of the journal that this one succeeds. They prove no record of this one, so it comes back without them
    /// too.
    private func fetchPredecessor(
        _ state: BackupState, beside directory: JournalDirectory, _ reader: MirrorReader
    ) throws {
        guard let succession = state.succession else { return }
        var why: String?
        do throws(MirrorError) {
            try reader.fetchPredecessor(succession, beside: directory)
        } catch {
            guard error.isVerdictOnObject else { throw error }
            why = error.description
        }
        let kept = try directory.judgePredecessor(succession)
        if kept == .sound { return }
        try removePredecessors(of: directory.path)
        if case .damaged(let damage) = kept, why == nil { why = damage }
        machine.reporter.warn(
            JournalDirectory.KeptPredecessor.missing.text(succession)
                + "; a workstation may have them, in WS_STATE/before" + (why.map { ": \($0)" } ?? ""))
    }

    private func removePredecessors(of journal: FilePath) throws {
        let before = journal.appending("before")
        for log in try namesInDirectory(before) ?? [] {
            let place = before.appending(log)
            for name in try namesInDirectory(place) ?? [] { try removeFile(place.appending(name)) }
            _ = unsafe rmdir(place.string)
        }
        _ = unsafe rmdir(before.string)
    }

    /// Before anything is claimed: the server's other artifacts could not be opened with the kit's key.
    private func requireFreePlace(for identities: [AgeIdentity]) throws {
        guard pathExists(machine.server.ageIdentity) else { return }
        let there = try AgeKeyFiles(machine.server).read().map(\.recipient)
        guard identities.allSatisfy({ there.contains($0.recipient) }) else {
            throw RebuildError.otherAgeKey(machine.server.ageIdentity)
        }
    }

    private func adopt(_ identities: [AgeIdentity]) throws {
        if pathExists(machine.server.ageIdentity) { return }
        try AgeKeyFiles(machine.server).write(identities, at: machine.now())
    }

    private func removeStaging(_ staging: FilePath) throws {
        let journal = staging.appending("journal")
        try removePredecessors(of: journal)
        for name in try namesInDirectory(journal) ?? [] { try removeFile(journal.appending(name)) }
        _ = unsafe rmdir(journal.string)
        for name in try namesInDirectory(staging) ?? [] where name != "journal" {
            try removeFile(staging.appending(name))
        }
        _ = unsafe rmdir(staging.string)
    }
}

/// What a rebuild has brought back.
package struct RebuiltJournal: Sendable, Equatable {
    /// What the mirror's checkpoint vouched for.
    package let committed: Checkpoint
    /// Records found beyond it.
    package let beyond: Int
    package let fromWitness: Int
    /// The epoch that was claimed.
    package let epoch: Int
}

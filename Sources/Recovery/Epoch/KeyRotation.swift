import Age
import Artifacts
import Backup
import BackupJournal
import DurableFiles
import Glibc
package import JournalFormat
package import JournalStore
package import Machines
import Mirror
import ObjectStore
import RecoveryKit
import SystemPackage

/// Changes this server's sequencer key, and with it perhaps the root: a new epoch without a wipe.
///
/// What the epoch begins with is made, then claimed at the mirror, then written to the journal, and last the new key
/// takes its place. A claim that was made cannot be taken back, so before it everything is kept in `keys/rotation/`;
/// while that directory is complete nobody else appends, and the command, run again, continues from there.
package struct KeyRotation {
    private let machine: Machine

    package init(_ machine: Machine) {
        self.machine = machine
    }

    private var server: ServerTree { machine.server }
    private var pending: PendingRotation { PendingRotation(server.rotation) }

    /// Finishes a rotation that was interrupted.
    ///
    /// - Returns: whether there was one.
    package func resume() throws -> Bool {
        guard let (start, sequencer, root) = try pending.read() else {
            try pending.remove()
            return false
        }
        machine.reporter.say("continuing the rotation that was interrupted")
        let turn = try CommitTurns(machine).begin()
        // Interrupted after the lines, the journal may be under a root that is not pinned here yet.
        let replay = try server.journal.replay()
        try requireRoot(of: replay, or: root)
        if replay.verifier.keyring.sequencer != sequencer.id {
            let journal = try openJournal()
            try claim(start, for: journal, sequencer, root: root, in: turn)
            try journal.directory.write(start)
        }
        try finish(start, root)
        turn.end()
        return true
    }

    /// - Parameter make: makes the lines from the journal as it is; `current` is the sequencer so far.
    package func run(
        root: KeyID, _ make: (inout Replay, _ current: JournalKey, _ next: JournalKey) throws -> EpochStart
    ) throws {
        let turn = try CommitTurns(machine).begin()
        guard let current = try KeyFile.read(server.sequencerKey, role: .sequencer) else {
            throw JournalError.keyMissing(.sequencer)
        }
        let journal = try openJournal()
        let next = JournalKey.generate(.sequencer)
        var replay = try server.journal.replay(pinnedRoot: try server.pinnedRoot(), growsTree: true)
        let start = try make(&replay, current, next)
        try claim(start, for: journal, next, root: root, in: turn)
        try journal.directory.write(start)
        try finish(start, root)
        turn.end()
    }

    private func requireRoot(of replay: borrowing Replay, or new: KeyID) throws {
        guard let pinned = try server.pinnedRoot() else { return }
        let vouching = replay.verifier.vouchingRoots
        guard vouching.contains(pinned) || vouching.contains(new) else {
            throw JournalError.damaged(DamageError(record: 1, .root))
        }
    }

    private func openJournal() throws -> Journal {
        guard let current = try KeyFile.read(server.sequencerKey, role: .sequencer) else {
            throw JournalError.keyMissing(.sequencer)
        }
        return try Journal.open(
            server.journal, .reading, lock: server.journalLock, sequencer: current, pinnedRoot: try server.pinnedRoot(),
            clock: machine.clock())
    }

    private func claim(
        _ start: EpochStart, for journal: borrowing Journal, _ sequencer: JournalKey, root: KeyID,
        in turn: borrowing CommitTurn
    ) throws {
        guard let url = machine.mirror else {
            try pending.write(start, sequencer, root)
            return
        }
        let reader = MirrorReader(
            store: try machine.store(url), layout: MirrorLayout(dataset: machine.dataset),
            identities: try AgeKeyFiles(server).read())
        var recipients: [AgeRecipient] = []
        for text in try journal.replay.readableState().recipients { recipients.append(try AgeRecipient(text)) }
        let push = Push(reader, recipients: recipients, root: server.root)
        do {
            try push.claim(start, for: journal, in: turn) { try pending.write(start, sequencer, root) }
        } catch let error as MirrorError {
            switch error {
            case .overtaken, .newerEpoch, .forked, .mirrorIsAhead, .otherJournal:
                // Somebody else's checkpoint is there: the claim was not made and cannot be made.
                try pending.remove()
                throw error
            default:
                guard try pending.read() != nil else { throw error }
                throw EpochError.claimUnknown("\(error)")
            }
        }
        machine.reporter.say("epoch \(start.signed.checkpoint.epoch) is claimed at \(url)")
    }

    /// The journal is in the new epoch: its key takes its place.
    private func finish(_ start: EpochStart, _ root: KeyID) throws {
        try pending.installKey(as: server.sequencerKey)
        if try server.pinnedRoot() != root { try server.pin(root) }
        try pending.remove()
        try machine.writeProjections(try machine.state())
        machine.reporter.say(
            "epoch \(start.signed.checkpoint.epoch) began; the sequencer's key is new, the old one is retired")
    }
}

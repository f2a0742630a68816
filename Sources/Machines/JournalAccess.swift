package import Backup
import BackupJournal
import Digest
import DurableFiles
package import JournalFormat
package import JournalStore
import Sodium
import SystemPackage

/// How commands reach the journal: read it, or open it to append.
extension Machine {
    /// Reads the server's journal; nothing is locked, nothing is written.
    package func replay(
        upTo limit: Int = .max, growsTree: Bool = false, visit: ((Record, Span<UInt8>) -> Void)? = nil
    ) throws -> Replay {
        try requireServer()
        return try server.namingRemedy {
            try server.journal.replay(
                pinnedRoot: try server.pinnedRoot(), upTo: limit, growsTree: growsTree, visit: visit)
        }
    }

    /// What the journal adds up to. A workstation whose server is another machine goes by its replica, as if all that
    /// is pending there had been delivered.
    package func state() throws -> BackupState {
        if try readsReplica() {
            let workstation = try Workstation(self)
            return try workstation.expectedState(try workstation.files.outbox.read(log: workstation.pin.log))
        }
        return try replay().readableState()
    }

    /// Opens the journal for appending, under its lock.
    ///
    /// - Parameters:
    ///   - opening: what is needed of it. All of it is read by what vouches for all of it: a checkpoint, an audit, a key or
    ///     a kit. What records an event continues from where the last one ended.
    ///   - keepsBallast: not at each append of a script: those are to be quick.
    package func openJournal(_ opening: Journal.Opening, keepsBallast: Bool = true) throws -> Journal {
        guard let sequencer = try KeyFile.read(server.sequencerKey, role: .sequencer) else {
            guard try server.journal.hasRecords() else {
                try requireServer()
                throw JournalError.missing(server.journal.path)
            }
            throw JournalError.keyMissing(.sequencer)
        }
        try refuseRotation()
        try server.refuseOtherUser()
        let journal = try server.namingRemedy {
            try Journal.open(
                server.journal, opening, lock: server.journalLock, sequencer: sequencer,
                pinnedRoot: try server.pinnedRoot(), clock: clock())
        }
        // Again, now that the lock is held: what is appended after an epoch was claimed would be cut off.
        try refuseRotation()
        if keepsBallast, !server.journal.ballast.make() {
            reporter.warn(
                "there is no room for the journal's ballast: make room on the disk of \(server.journal.path)")
        }
        return journal
    }

    /// This machine's clock, and who vouches for it.
    package func clock() -> ClockRule {
        ClockRule(now: now()) { [clock = effects.clock, isTrusted = configuration.trustsClock] in
            isTrusted || clock.isSynchronised()
        }
    }

    private func refuseRotation() throws {
        guard PendingRotation(server.rotation).isComplete else { return }
        throw MachineError.sequencerBeingChanged
    }

    /// Whether this server has signed it, of lines that are in its journal now: what a file remembers may be of a journal that was
    /// replaced.
    package func vouches(for signed: SignedCheckpoint) throws -> Bool {
        guard let sequencer = try KeyFile.read(server.sequencerKey, role: .sequencer),
            signed.isSigned(by: sequencer.key.publicKey)
        else { return false }
        return try server.journal.holds(signed.checkpoint)
    }

    /// The workstation's own key, where this machine is one.
    package func authorKey() throws -> JournalKey? {
        try KeyFile.read(configuration.workstationState.appending("author.key"), role: .author)
    }

    /// Decides, appends, and writes the projections again.
    ///
    /// - Returns: the receipts; none where everything was recorded before.
    package func record(
        _ command: Command, in journal: inout Journal, author: JournalKey? = nil
    ) throws -> [Receipt] {
        let receipts = try append(command, in: &journal, author: author)
        if !receipts.isEmpty { try writeProjections(ofRecorded: journal) }
        return receipts
    }

    /// The same without the projections, for what counts whatever becomes of them.
    package func append(
        _ command: Command, in journal: inout Journal, author: JournalKey? = nil
    ) throws -> [Receipt] {
        let entries = try decided(command, in: journal).map { BatchEntry($0) }
        guard !entries.isEmpty else { return [] }
        let batch = journal.prepare(entries, author: author)
        let receipts = try journal.confirm(try orReason { () throws(BatchFailure) in try journal.append(batch) })
        reporter.recorded(receipts)
        return receipts
    }

    /// What the command adds to the journal; nothing where everything was recorded before.
    package func decided(_ command: Command, in journal: borrowing Journal) throws -> [NewEvent] {
        let state = command.needsState ? try journal.replay.readableState() : .initial
        return try decide(command, state, thisMonth: thisMonth()).map(Claim.on)
    }

    /// Waits until the lines are on the disk and the projections tell of them. Others append meanwhile, unless the
    /// projections change: those follow the journal, record by record.
    package func finish(_ lines: consuming WrittenLines, of journal: consuming Journal) throws -> [Receipt] {
        let receipts: [Receipt]
        if server.projections.areRight(for: journal.replay) {
            journal.close()
            receipts = try lines.confirm()
            reporter.recorded(receipts)
        } else {
            receipts = try journal.confirm(lines)
            reporter.recorded(receipts)
            try writeProjections(ofRecorded: journal)
            journal.close()
        }
        return receipts
    }
}

extension ServerTree {
    /// Reads the server's journal. Where it is damaged, the complaint says how a sound one comes back in its place, and
    /// names a file that is not a segment though its name is one.
    package func namingRemedy<Value: ~Copyable>(_ read: () throws -> Value) throws -> Value {
        do { return try read() } catch JournalError.damaged(let damage) where damage.reason != .rootReplaced {
            let special =
                damage.reason == .segment
                ? try journal.segmentNames()?.map { journal.path.appending($0) }.first(where: isSpecialFile) : nil
            throw MachineError.journalDamaged(
                JournalError.damaged(damage).description + (special.map { "; \($0) is not a regular file" } ?? ""),
                journal: journal.path)
        }
    }
}

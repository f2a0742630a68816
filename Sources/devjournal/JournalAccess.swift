import Backup
import DurableFiles
import JournalFormat
import JournalStore
import SystemPackage

/// How commands reach the journal: read it, or open it to append.
extension Configuration {
    /// Reads the server's journal; nothing is locked, nothing is written.
    func replay(
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
    func state() throws -> BackupState {
        if try readsReplica() {
            let workstation = try Workstation(self)
            return try workstation.expectedState(try workstation.files.outbox.read(log: workstation.pin.log))
        }
        return try replay().readableState()
    }

    /// Opens the journal for appending, under its lock.
    func openJournal(_ opening: Journal.Opening = .reading) throws -> Journal {
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
        // Not at each append of a script: those are to be quick.
        if case .reading = opening, !server.journal.ballast.make() {
            Terminal.warn(
                "there is no room for the journal's ballast: make room on the disk of \(server.journal.path)")
        }
        return journal
    }

    /// This machine's clock, and who vouches for it.
    func clock() -> ClockRule {
        ClockRule(now: Clock.now()) { [trustsClock] in trustsClock || Clock.isSynchronised() }
    }

    private func refuseRotation() throws {
        guard PendingRotation(server.rotation).isComplete else { return }
        throw Complaint(
            "the sequencer's key is being changed",
            hint: "the command that changes it, run again, finishes it; so does devjournal key rotate", .refused)
    }

    /// The workstation's own key, where this machine is one.
    func authorKey() throws -> JournalKey? {
        try KeyFile.read(workstationState.appending("author.key"), role: .author)
    }

    /// Decides, appends, and writes the projections anew.
    ///
    /// - Returns: the receipts; none where everything was recorded before.
    func record(
        _ command: Command, in journal: inout Journal, author: JournalKey? = nil, id: EventID? = nil
    ) throws -> [Receipt] {
        let events = try decided(command, in: journal)
        guard !events.isEmpty else { return [] }
        let receipts = try journal.append(events, author: author, id: id)
        Outcome.hasRecorded(receipts)
        try writeProjections(of: journal)
        return receipts
    }

    /// What the command adds to the journal; nothing where everything was recorded before.
    func decided(_ command: Command, in journal: borrowing Journal) throws -> [NewEvent] {
        let state = command.needsState ? try journal.replay.readableState() : .initial
        return try decide(command, state, thisMonth: Clock.thisMonth(dataset)).map(Claim.on)
    }

    /// Waits until the lines are on the disk and the projections tell of them. Others append meanwhile, unless the
    /// projections change: those follow the journal, record by record.
    func finish(_ lines: consuming WrittenLines, of journal: consuming Journal) throws -> [Receipt] {
        let receipts: [Receipt]
        if server.projections.areRight(for: journal.replay) {
            journal.close()
            receipts = try lines.confirm()
            Outcome.hasRecorded(receipts)
        } else {
            receipts = try journal.confirm(lines)
            Outcome.hasRecorded(receipts)
            try writeProjections(of: journal)
            journal.close()
        }
        return receipts
    }

    /// Writes the projections of what was just recorded. Where that fails the records stand, and the complaint says so:
    /// whoever simply ran the command again would record it twice.
    func writeProjections(of journal: borrowing Journal) throws {
        do throws(JournalError) {
            try server.projections.write(of: journal.replay, in: journal.directory)
        } catch {
            throw Complaint(
                "recorded, up to record \(journal.size), but its projections were not written: \(error)",
                hint: "do not record it again; when that is mended, run: devjournal rebuild", .receiptNotDelivered)
        }
    }
}

extension ServerTree {
    /// Reads the server's journal. Where it is damaged, the complaint says how a sound one comes back in its place, and
    /// names a file that is no segment though its name is one.
    func namingRemedy<Value: ~Copyable>(_ read: () throws -> Value) throws -> Value {
        do { return try read() } catch JournalError.damaged(let damage) where damage.reason != .rootReplaced {
            let special =
                damage.reason == .segment
                ? try journal.segmentNames()?.map { journal.path.appending($0) }.first(where: isSpecialFile) : nil
            throw Complaint(
                JournalError.damaged(damage).description + (special.map { "; \($0) is not a regular file" } ?? ""),
                hint: "devjournal verify tells more; a sound copy comes back from the mirror with: "
                    + "mv -T \(StockRestore.quoted(journal.path.string)) "
                    + "\(StockRestore.quoted("\(journal.path).damaged")); devjournal rebuild --from-mirror --kit KIT",
                .damaged)
        }
    }
}

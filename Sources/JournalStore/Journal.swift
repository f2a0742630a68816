package import Digest
internal import DurableFiles
package import JournalFormat
internal import Sodium
package import SystemPackage

/// Where an event was recorded.
package struct Receipt: Sendable, Equatable {
    package let seq: Int
    package let id: EventID
    package let ts: Timestamp
    /// SHA-256 of the record's line.
    package let hash: SHA256Digest
    /// False where the same event was there before.
    package let isNew: Bool

    /// Where a line was put just now.
    init(ofNew layout: borrowing RecordLayout, hash: SHA256Digest) {
        seq = layout.seq
        id = layout.event.id
        ts = layout.ts
        self.hash = hash
        isNew = true
    }

    /// Where a record was found again.
    package init(of record: Record, isNew: Bool) {
        seq = record.seq
        id = record.event.id
        ts = record.ts
        hash = record.hash
        self.isNew = isNew
    }
}

/// A journal open for appending, under a lock that all appenders share.
///
/// Opening replays it, or takes up what the last append has left in the cache. A line is acknowledged only after
/// `fdatasync(2)` has returned 0 for it; what fails before that leaves the file as it was, and a sync that fails poisons
/// the journal, because the kernel may have dropped the bytes and would call the next sync a success. The lock may be free
/// again while the lines are made durable (`WrittenLines`): others append after them, and one sync serves all.
package struct Journal: ~Copyable {
    /// How much of it is read before something is appended.
    package enum Opening: Sendable {
        /// Every record: for what speaks of the journal as a whole, and for what is done once a month.
        case reading
        /// What the cache holds, where it fits: an append then costs the same however long the journal is.
        case resuming(Purpose)
    }

    /// What is to be appended.
    package enum Purpose: Sendable {
        /// A line that leaves the state as it is.
        case line
        /// Many such lines.
        case manyLines
        /// Any line: the state is needed, to decide by it or to change it.
        case anything
    }

    package let directory: JournalDirectory
    package private(set) var replay: Replay
    let sequencer: JournalKey
    let lockPath: FilePath
    private let lock: FileLock
    private let clock: ClockRule
    /// Records that stand in the files. The replay is ahead of them after an append that failed.
    private var written: Int

    /// Opens an existing journal.
    ///
    /// - Parameters:
    ///   - sequencer: must be the current epoch's, or nothing is appended.
    ///   - clock: this machine's when the command began; where it is far from the last record, nothing is appended.
    package static func open(
        _ directory: JournalDirectory, _ opening: Opening, lock lockPath: FilePath, sequencer: JournalKey,
        pinnedRoot: KeyID?, clock: ClockRule
    ) throws(JournalError) -> Journal {
        guard pathExists(directory.path) else { throw .missing(directory.path) }
        let lock = try orFile { () throws(FileFailure) in try FileLock(lockPath) }
        let isPoisoned = pathExists(directory.poisonPath)
        if isPoisoned, !directory.isRewritten { throw .poisoned(directory.poisonPath) }
        if !isPoisoned, case .resuming(let purpose) = opening,
            let replay = JournalCache(directory, sequencer: sequencer).read(pinnedRoot: pinnedRoot, for: purpose),
            try directory.isCertain(size: replay.verifier.size)
        {
            return Journal(holding: lock, lockPath, directory, replay, sequencer, clock)
        }
        guard try directory.hasRecords() else { throw .missing(directory.path) }
        let replay = try directory.replayForAppending(pinnedRoot: pinnedRoot)
        guard replay.verifier.keyring.sequencer == sequencer.id else { throw .foreignKey(.sequencer) }
        var journal = Journal(holding: lock, lockPath, directory, replay, sequencer, clock)
        do throws(JournalError) {
            try journal.repairTornTail()
            if try !directory.isCertain() { try directory.rewriteLastSegment() }
            if isPoisoned { try journal.recordRewrite() }
        } catch {
            throw error.beforeRecording
        }
        return journal
    }

    private init(
        holding lock: consuming FileLock, _ lockPath: FilePath, _ directory: JournalDirectory,
        _ replay: consuming Replay, _ sequencer: JournalKey, _ clock: ClockRule
    ) {
        self.lock = lock
        self.lockPath = lockPath
        self.directory = directory
        self.sequencer = sequencer
        self.clock = clock
        written = replay.verifier.size
        self.replay = replay
    }

    package var log: EventID {
        guard let log = replay.verifier.log else { preconditionFailure("an open journal has records") }
        return log
    }

    /// Records so far: the version a writer expects.
    package var size: Int { replay.verifier.size }

    /// Lets others append. Call it before anything is printed: the reader of that output may be slow.
    package consuming func close() {}

    /// Complains of what `append` would complain of, whatever that author had to say: before something is made that is
    /// of no use unrecorded.
    package func requireReady(for author: JournalKey) throws(JournalError) {
        if let refusal = replay.refusal { throw .unreadable(refusal) }
        try checkClock()
        guard let entry = replay.verifier.keyring[author.id], entry.retiredAt == nil else {
            throw .foreignKey(author.role)
        }
    }

    // MARK: Appending

    /// Signs and appends events, durably, all or none.
    ///
    /// - Parameters:
    ///   - author: signs what a workstation says.
    ///   - id: the id of a single event, so that a script can say the same twice; nil makes new ones.
    package mutating func append(
        _ events: [NewEvent], author: JournalKey?, id: EventID? = nil
    ) throws(JournalError) -> [Receipt] {
        try confirm(try write(events, author: author, id: id))
    }

    /// The same, but for the waiting for the disk.
    package mutating func write(
        _ events: [NewEvent], author: JournalKey?, id: EventID? = nil
    ) throws(JournalError) -> WrittenLines {
        if let id, events.count == 1, try replay.holds(id),
            let receipt = try receipt(of: id, for: events[0], author: author)
        {
            return WrittenLines(nothingIn: directory, [receipt])
        }
        var unsigned: [UnsignedEvent] = []
        for event in events { unsigned.append(try self.unsigned(event, author: author, id: id ?? newID())) }
        return try write(signedHere: EventsBeingSigned(unsigned))
    }

    /// Appends events that are signed already, as they are.
    package mutating func append(signed events: [SignedEvent]) throws(JournalError) -> [Receipt] {
        try confirm(try write(events.count, signedHere: false) { events[$0] })
    }

    /// Puts events after the last record that this process signs with keys that it holds.
    mutating func write(signedHere events: EventsBeingSigned) throws(JournalError) -> WrittenLines {
        var events = events
        return try write(events.count, signedHere: true) { _ in events.nextSigned() }
    }

    /// Puts events after the last record that this process has signed, before it took the lock.
    mutating func write(signedBefore events: [SignedEvent]) throws(JournalError) -> WrittenLines {
        try write(events.count, signedHere: true) { events[$0] }
    }

    /// Signs events and puts their lines after the last one. Nothing is acknowledged before they are confirmed.
    mutating func write(
        _ count: Int, signedHere: Bool, _ event: (Int) -> SignedEvent
    ) throws(JournalError) -> WrittenLines {
        if let refusal = replay.refusal { throw .unreadable(refusal) }
        if count == 0 { return WrittenLines(nothingIn: directory) }
        let version = replay.verifier.size
        guard version == written else { throw .expectedSize(expected: version, actual: written) }
        // The sync of a new segment says nothing of the one before.
        if version.isMultiple(of: JournalDirectory.recordsInSegment) { try makeDurable() }
        try checkClock()
        let undo = try TailPosition(directory, version)
        var receipts: [Receipt] = []
        var lastLine: [UInt8] = []
        let lines: WrittenLines
        do {
            var segment = try SegmentUnderway(directory, size: version)
            for index in 0..<count {
                // Signatures that were made here a moment ago are not asked whether they are good: the keys' public
                // halves are made from their seeds, and the keyring holds both, or nothing would be signed. Asking
                // would cost more than twice the signing. The last one's are checked all the same, as in any append:
                // a key or a processor that does not do what it should is found before anything is acknowledged.
                let isLast = index == count - 1
                let (receipt, line) = try admit(event(index), checkingSignatures: !signedHere || isLast)
                receipts.append(receipt)
                lastLine = line
                if segment.isBefore(receipt.seq) {
                    try segment.flush()
                    try directory.makeDurable(segment.firstSeq, pinnedRoot: replay.verifier.pinnedRoot)
                    segment = try SegmentUnderway(directory, size: receipt.seq - 1)
                }
                segment.add(line)
            }
            try segment.flush()
            lines = try WrittenLines(segment, receipts, lastLine: lastLine, lockPath, replay.verifier.pinnedRoot)
        } catch {
            // The state in memory may be ahead of the disk: then nothing more is appended after it.
            if case .poisoned(let path) = error { throw .unknownOutcome(path, nil) }
            do throws(FileFailure) { try directory.takeBack(to: undo) } catch let failure {
                throw .unknownOutcome(directory.path, failure)
            }
            throw error
        }
        written = replay.verifier.size
        JournalCache(directory, sequencer: sequencer).write(&replay, lastLineLength: lastLine.count)
        return lines
    }

    /// The receipts of lines, once these are on the disk; nobody else appends meanwhile.
    package func confirm(_ lines: consuming WrittenLines) throws(JournalError) -> [Receipt] {
        try lines.confirm(isLocked: true)
    }

    /// The same for lines that were found and are to be acknowledged as recorded: where that fails, whether they are is
    /// unknown.
    package func confirm() throws(JournalError) {
        do { try makeDurable() } catch {
            guard case .poisoned(let path) = error else { throw error }
            throw .unknownOutcome(path, nil)
        }
    }

    /// Makes the lines that were found durable before they leave the process.
    package func makeDurable() throws(JournalError) {
        try directory.makeDurable(
            JournalDirectory.firstSeq(ofSegmentHolding: written), pinnedRoot: replay.verifier.pinnedRoot)
    }

    var now: Timestamp { clock.now }

    private func checkClock() throws(JournalError) { try clock.check(against: replay.verifier.lastTime) }

    func newID() -> EventID { EventID(at: now, random: randomBytes(10)) }

    func sign(
        _ event: NewEvent, author: JournalKey?, id: EventID
    ) throws(JournalError) -> SignedEvent {
        try unsigned(event, author: author, id: id).signed()
    }

    /// The event with the key that is to sign it.
    func unsigned(
        _ event: NewEvent, author: JournalKey?, id: EventID
    ) throws(JournalError) -> UnsignedEvent {
        switch event.author {
        case .sequencer:
            return UnsignedEvent(id: id, log: log, type: event.type, ts: now, data: event.data, author: sequencer)
        case .author, .root:
            let author = try acceptedAuthor(author, event.author)
            return UnsignedEvent(id: id, log: log, type: event.type, ts: now, data: event.data, author: author)
        }
    }

    /// The key, where it is there, has that role, and the journal knows it and has not retired it.
    func acceptedAuthor(_ author: JournalKey?, _ role: KeyRole) throws(JournalError) -> JournalKey {
        guard let author, author.role == role else { throw .keyMissing(role) }
        guard let entry = replay.verifier.keyring[author.id], entry.retiredAt == nil else {
            throw .foreignKey(author.role)
        }
        return author
    }

    /// Makes the event's record and lets the verifier judge it, as any reader will.
    private mutating func admit(
        _ event: SignedEvent, checkingSignatures: Bool = true
    ) throws(JournalError) -> (Receipt, [UInt8]) {
        let place = RecordPlace(
            log: log, epoch: replay.verifier.epoch, seq: replay.verifier.size + 1, prev: replay.verifier.head,
            ts: max(now, replay.verifier.lastTime))
        let line = event.line(at: place, signedBy: sequencer)
        guard line.count <= RecordLayout.maximumLineLength else { throw .eventTooLarge(line.count) }
        let layout: RecordLayout
        do throws(JournalError) { layout = try replay.admit(line, checkingSignatures: checkingSignatures) } catch {
            guard case .unreadable(let refusal) = error else { throw error }
            throw .unreadableEvent(refusal)
        }
        if try replay.isHeldEarlier(layout.event.id) {
            throw .damaged(DamageError(record: layout.seq, .duplicateID))
        }
        return (Receipt(ofNew: layout, hash: replay.verifier.head), line)
    }

    /// The receipt of the event that has this id, where its content is the same; nil where there is none.
    private func receipt(
        of id: EventID, for event: NewEvent, author: JournalKey?
    ) throws(JournalError) -> Receipt? {
        try confirm()
        guard let found = try directory.records(of: [id])[id] else { return nil }
        guard found.event.type == event.type.description, found.event.data == event.data,
            replay.verifier.keyring[found.event.author]?.role == event.author,
            event.author == .sequencer || found.event.author == author?.id
        else { throw .idTaken(id) }
        return Receipt(of: found, isNew: false)
    }

    // MARK: Trouble

    /// Copies a torn tail aside and records what happened in its place: bytes are never dropped silently, also not by
    /// a repair that is interrupted. So the segment without them and the record of it appear at once.
    private mutating func repairTornTail() throws(JournalError) {
        guard let tail = replay.tail else { return }
        try checkClock()
        // Nothing is cut off that could not be journalled.
        if let refusal = replay.refusal { throw .unreadable(refusal) }
        let kept = directory.path.appending("torn-\(size + 1)-\(SHA256.hash(tail.bytes.span).hex.prefix(16))")
        var segment = try orFile { () throws(FileFailure) in
            try directory.withBallast { () throws(FileFailure) in
                try writeFileAtomically(kept, tail.bytes, permissions: [.ownerReadWrite, .groupRead])
            }
            return Array(try readFile(tail.segment, limit: JournalDirectory.segmentSizeLimit)[..<tail.offset])
        }
        let repaired = NewEvent(
            repairedBytes: tail.bytes.count, sha256: SHA256.hash(tail.bytes.span).hex,
            kept: kept.lastComponent?.string ?? "", why: "the last line was not written to its end")
        // After a full segment the record begins the next one; no append leaves a torn line there.
        let isFull = tail.offset > 0 && size.isMultiple(of: JournalDirectory.recordsInSegment)
        if !isFull { segment += try admit(try sign(repaired, author: nil, id: newID())).1 }
        let sync = try TailSync(directory)
        try sync.rewrite(
            tail.segment, firstSeq: JournalDirectory.firstSeq(of: tail.segment), segment)
        sync.unlock()
        written = size
        replay.forgetTail()
        if isFull { _ = try append([repaired], author: nil) }
    }

    /// Records that the last segment was written again after a sync that failed; only then is the journal in order.
    private mutating func recordRewrite() throws(JournalError) {
        _ = try append(
            [
                NewEvent(
                    repairedBytes: 0, sha256: SHA256Digest().hex, kept: "-",
                    why: "a write was not confirmed by the disk; the last segment was verified and written again")
            ], author: nil)
        try orFile { () throws(FileFailure) in
            try removeFile(directory.poisonPath)
            try synchronizeDirectory(directory.path)
        }
    }

    // MARK: Checkpoint

    /// The head, signed; nothing is written.
    package func signedHead() throws(JournalError) -> SignedCheckpoint {
        guard replay.verifier.size == written else {
            throw .expectedSize(expected: replay.verifier.size, actual: written)
        }
        try makeDurable()
        guard let checkpoint = replay.verifier.checkpoint() else { throw .missing(directory.path) }
        return SignedCheckpoint(checkpoint, signedBy: sequencer.key)
    }

    /// Signs the head and leaves the checkpoint next to the segments.
    @discardableResult
    package func writeCheckpoint() throws(JournalError) -> SignedCheckpoint {
        let signed = try signedHead()
        try orFile { () throws(FileFailure) in
            try writeFileAtomically(directory.checkpointPath, Array(signed.note.utf8))
        }
        return signed
    }
}

extension NewEvent {
    init(repairedBytes: Int, sha256: String, kept: String, why: String) {
        self.init(
            .journalRepaired, by: .sequencer,
            [
                "bytes": .integer(repairedBytes), "sha256": .string(sha256), "kept": .string(kept),
                "why": .string(why),
            ])
    }
}

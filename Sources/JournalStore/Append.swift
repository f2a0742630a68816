internal import Digest
internal import DurableFiles
internal import JournalFormat

/// The one way into a journal: `append` puts lines after the last one, `confirm` makes them durable.
extension Journal {
    /// Appends a batch with one write (one a segment), all or none. Nothing is acknowledged before it is confirmed.
    ///
    /// An entry whose id stands in the journal with the same content is not appended again: its receipt is the first
    /// one's. After a crash a part of the batch may stand that nobody knows of; with ids, the same batch again
    /// appends what is missing.
    ///
    /// - Returns: what holds a receipt for each entry, in the batch's order.
    package mutating func append(_ batch: EventBatch) throws(BatchFailure) -> WrittenLines {
        let batch = signedForThis(batch)
        let known = try knownReceipts(of: batch)
        let new = try admissible(batch, without: known)
        do {
            var lines = try write(new, signedHere: batch.words != nil)
            if !known.isEmpty { lines.add(known, among: batch.events.count) }
            return lines
        } catch {
            throw BatchFailure(index: nil, reason: error)
        }
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

    // MARK: What is new

    /// Signed again where it was signed for another journal, or in another epoch.
    private func signedForThis(_ batch: EventBatch) -> EventBatch {
        guard let words = batch.words, words.log != log || words.sequencer != sequencer.id else { return batch }
        return prepare(words.entries, author: words.author)
    }

    /// The receipts of entries that were recorded before, by their index; one pass over the journal for all of them.
    private func knownReceipts(of batch: EventBatch) throws(BatchFailure) -> [Int: Receipt] {
        guard let words = batch.words else { return [:] }
        var wanted: [EventID: Int] = [:]
        for (index, entry) in words.entries.enumerated() {
            if let id = entry.id, try holds(id) {
                guard wanted.updateValue(index, forKey: id) == nil else {
                    throw BatchFailure(index: index, reason: .idTaken(id))
                }
            }
        }
        guard !wanted.isEmpty else { return [:] }
        let found: [EventID: Record]
        do {
            try confirm()
            found = try directory.records(of: Set(wanted.keys))
        } catch {
            throw BatchFailure(index: nil, reason: error)
        }
        var receipts: [Int: Receipt] = [:]
        for (id, index) in wanted {
            guard let record = found[id] else { continue }
            guard isSame(record, words.entries[index].event, by: words.author) else {
                throw BatchFailure(index: index, reason: .idTaken(id))
            }
            receipts[index] = Receipt(of: record, isNew: false)
        }
        return receipts
    }

    private func holds(_ id: EventID) throws(BatchFailure) -> Bool {
        do { return try replay.holds(id) } catch { throw BatchFailure(index: nil, reason: error) }
    }

    /// An author's event is the author's own: the same words by another workstation are another event.
    private func isSame(_ record: Record, _ event: NewEvent, by author: JournalKey?) -> Bool {
        record.event.type == event.type.description && record.event.data == event.data
            && replay.verifier.keyring[record.event.author]?.role == event.author
            && (event.author == .sequencer || record.event.author == author?.id)
    }

    /// The events that are new; names the first that cannot be recorded.
    private func admissible(
        _ batch: EventBatch, without known: [Int: Receipt]
    ) throws(BatchFailure) -> [SignedEvent] {
        guard let words = batch.words else { return batch.events.compactMap(\.self) }
        var new: [SignedEvent] = []
        var ids: Set<EventID> = []
        let envelope = place(seq: size + batch.events.count).envelopeLength(signedBy: sequencer)
        for (index, event) in batch.events.enumerated() where known[index] == nil {
            let entry = words.entries[index]
            do throws(JournalError) {
                // A new id is nobody else's.
                if let id = entry.id, !ids.insert(id).inserted { throw .idTaken(id) }
                guard let event else { throw .keyMissing(entry.event.author) }
                if entry.event.author != .sequencer, let author = words.author { try requireAccepted(author) }
                let length = event.bytes.count + envelope
                guard length <= RecordLayout.maximumLineLength else { throw .eventTooLarge(length) }
                new.append(event)
            } catch {
                throw BatchFailure(index: index, reason: error)
            }
        }
        return new
    }

    // MARK: Writing

    /// Puts events after the last record.
    ///
    /// - Parameter signedHere: by this process. Signatures that were made here a moment ago are not asked whether they
    ///   are good: the keys' public halves are made from their seeds, and the keyring holds both, or nothing would be
    ///   signed. Asking would cost more than twice the signing. The last one's are checked all the same, as in any
    ///   append: a key or a processor that does not do what it should is found before anything is acknowledged.
    private mutating func write(
        _ events: [SignedEvent], signedHere: Bool
    ) throws(JournalError) -> WrittenLines {
        if events.isEmpty { return WrittenLines(nothingIn: directory) }
        if let refusal = replay.refusal { throw .unreadable(refusal) }
        let version = replay.verifier.size
        guard version == written else { throw .expectedSize(expected: version, actual: written) }
        // The sync of a new segment says nothing of the one before.
        if version.isMultiple(of: JournalDirectory.recordsInSegment) { try makeDurable() }
        try checkClock()
        let undo = try TailPosition(directory, version)
        directory.markGrowth()
        var receipts: [Receipt] = []
        var lastLine: [UInt8] = []
        let lines: WrittenLines
        do {
            var segment = try SegmentUnderway(directory, size: version)
            for (index, event) in events.enumerated() {
                let isLast = index == events.count - 1
                let (receipt, line) = try admit(event, checkingSignatures: !signedHere || isLast)
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

    /// Makes the event's record and lets the verifier judge it, as any reader will.
    mutating func admit(
        _ event: SignedEvent, checkingSignatures: Bool = true
    ) throws(JournalError) -> (Receipt, [UInt8]) {
        let line = event.line(at: place(seq: replay.verifier.size + 1), signedBy: sequencer)
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

    private func place(seq: Int) -> RecordPlace {
        RecordPlace(
            log: log, epoch: replay.verifier.epoch, seq: seq, prev: replay.verifier.head, ts: time)
    }
}

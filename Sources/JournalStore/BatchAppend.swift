internal import Digest
package import JournalFormat

/// One event of a batch; nil makes a new id.
package struct BatchEntry: Sendable {
    package let event: NewEvent
    package let id: EventID?

    package init(_ event: NewEvent, id: EventID? = nil) {
        self.event = event
        self.id = id
    }
}

/// Why a batch was not appended, and which of its entries, counted from 0, is the reason; nil where none is.
package struct BatchFailure: Error {
    package let index: Int?
    package let reason: JournalError
}

extension Journal {
    /// Signs and appends a batch with one write and one sync (one of each a segment), all or none.
    ///
    /// An entry whose id stands in the journal with the same content is not appended again: its receipt is the first
    /// one's. After a crash a part of the batch may stand that nobody knows of; with ids, the same batch again
    /// appends what is missing.
    ///
    /// - Returns: a receipt for each entry, in the batch's order.
    package mutating func append(
        batch entries: [BatchEntry], author: JournalKey?
    ) throws(BatchFailure) -> [Receipt] {
        let lines = try write(batch: entries, author: author)
        do { return try confirm(lines) } catch { throw BatchFailure(index: nil, reason: error) }
    }

    /// The same, but for the waiting for the disk.
    package mutating func write(
        batch entries: [BatchEntry], author: JournalKey?
    ) throws(BatchFailure) -> WrittenLines {
        let known = try knownReceipts(of: entries, author)
        let new = try unsigned(entries, without: known, author)
        do {
            var lines = try write(signedHere: EventsBeingSigned(new))
            lines.add(known, among: entries.count)
            return lines
        } catch {
            throw BatchFailure(index: nil, reason: error)
        }
    }

    /// The entries that are new, ready to be signed; names the first that cannot be recorded.
    private func unsigned(
        _ entries: [BatchEntry], without known: [Int: Receipt], _ author: JournalKey?
    ) throws(BatchFailure) -> [UnsignedEvent] {
        var unsigned: [UnsignedEvent] = []
        var ids: Set<EventID> = []
        let overhead = envelopeSize(at: size + entries.count)
        for (index, entry) in entries.enumerated() where known[index] == nil {
            let id = entry.id ?? newID()
            do throws(JournalError) {
                guard ids.insert(id).inserted else { throw .idTaken(id) }
                let event = try self.unsigned(entry.event, author: author, id: id)
                let length = event.signedLength + overhead
                guard length <= RecordLayout.maximumLineLength else { throw .eventTooLarge(length) }
                unsigned.append(event)
            } catch {
                throw BatchFailure(index: index, reason: error)
            }
        }
        return unsigned
    }

    /// The receipts of entries that were recorded before, by their index; one pass over the journal for all of them.
    func knownReceipts(
        of entries: [BatchEntry], _ author: JournalKey?
    ) throws(BatchFailure) -> [Int: Receipt] {
        var wanted: [EventID: Int] = [:]
        for (index, entry) in entries.enumerated() {
            if let id = entry.id, try holds(id) {
                guard wanted.updateValue(index, forKey: id) == nil else {
                    throw BatchFailure(index: index, reason: .idTaken(id))
                }
            }
        }
        guard !wanted.isEmpty else { return [:] }
        var found: [Int: Record] = [:]
        do {
            try confirm()
            for (id, record) in try directory.records(of: Set(wanted.keys)) {
                if let index = wanted[id] { found[index] = record }
            }
        } catch {
            throw BatchFailure(index: nil, reason: error)
        }
        var receipts: [Int: Receipt] = [:]
        for (id, index) in wanted {
            let event = entries[index].event
            guard let record = found[index], record.event.type == event.type.description,
                record.event.data == event.data,
                replay.verifier.keyring[record.event.author]?.role == event.author,
                event.author == .sequencer || record.event.author == author?.id
            else { throw BatchFailure(index: index, reason: .idTaken(id)) }
            receipts[index] = Receipt(of: record, isNew: false)
        }
        return receipts
    }

    private func holds(_ id: EventID) throws(BatchFailure) -> Bool {
        do { return try replay.holds(id) } catch { throw BatchFailure(index: nil, reason: error) }
    }

    /// Bytes of a line around its event.
    func envelopeSize(at seq: Int) -> Int {
        let place = RecordPlace(
            log: log, epoch: replay.verifier.epoch, seq: seq, prev: SHA256Digest(), ts: replay.verifier.lastTime)
        return SignedEvent(bytes: []).line(at: place, signedBy: sequencer).count
    }
}

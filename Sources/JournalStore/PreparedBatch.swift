internal import Dispatch
internal import DurableFiles
package import JournalFormat
internal import Sodium
internal import SystemPackage

/// A batch whose events were signed before the journal's lock was taken, so that others append meanwhile. What is left to
/// do under the lock is what rests on the record before: the sequencer's signatures, and the writing.
package struct PreparedBatch: Sendable {
    private static let atOnce = 256

    let entries: [BatchEntry]
    /// In the order of the entries, each with its id.
    let events: [(id: EventID, signed: SignedEvent)]
    let log: EventID
    let sequencer: KeyID
    let author: KeyID?

    /// Signs on all cores.
    ///
    /// - Parameter directory: a journal whose first line says for which journal the events are.
    /// - Returns: nil where a key or the journal's id is missing: the journal says what is wrong.
    package init?(
        _ entries: [BatchEntry], for directory: JournalDirectory, sequencer: JournalKey, author: JournalKey?,
        clock: ClockRule
    ) {
        guard let log = directory.statedLog() else { return nil }
        var unsigned: [UnsignedEvent] = []
        var ids: [EventID] = []
        for entry in entries {
            let key = entry.event.author == .sequencer ? sequencer : author
            guard let key, key.role == entry.event.author else { return nil }
            let id = entry.id ?? EventID(at: clock.now, random: randomBytes(10))
            ids.append(id)
            unsigned.append(
                UnsignedEvent(
                    id: id, log: log, type: entry.event.type, ts: clock.now, data: entry.event.data, author: key))
        }
        self.entries = entries
        self.log = log
        self.sequencer = sequencer.id
        self.author = author?.id
        events = zip(ids, Self.signed(unsigned)).map { (id: $0, signed: $1) }
    }

    private static func signed(_ events: [UnsignedEvent]) -> [SignedEvent] {
        let pieceCount = (events.count + atOnce - 1) / atOnce
        let pieces = SharedPieces(count: pieceCount) { index in
            events[(index * atOnce)..<min((index + 1) * atOnce, events.count)].map { $0.signed() }
        }
        for _ in 1..<max(1, min(JournalDirectory.availableCores, pieceCount)) {
            DispatchQueue.global().async { pieces.runAhead((0..<pieceCount).reversed()) }
        }
        return (0..<pieceCount).flatMap { pieces.take($0) }
    }
}

extension JournalDirectory {
    /// The id that the first line states; nothing is judged. Nil where there is no such line.
    func statedLog() -> EventID? {
        guard let file = try? OpenFile(regular: segmentPath(firstSeq: 1), .readOnly),
            let bytes = try? file.read(RecordLayout.maximumLineLength, at: 0),
            let end = bytes.span.lineEnd(from: 0)
        else { return nil }
        return try? RecordLayout(bytes.span.extracting(..<end)).log
    }
}

extension Journal {
    /// Appends a batch that was prepared, as `append(batch:author:)` does.
    package mutating func append(
        _ prepared: PreparedBatch, author: JournalKey?
    ) throws(BatchFailure) -> [Receipt] {
        let lines = try write(prepared, author: author)
        do { return try confirm(lines) } catch { throw BatchFailure(index: nil, reason: error) }
    }

    /// The same, but for the waiting for the disk.
    package mutating func write(
        _ prepared: PreparedBatch, author: JournalKey?
    ) throws(BatchFailure) -> WrittenLines {
        // Another journal, or another epoch by now: what was signed does not fit.
        guard prepared.log == log, prepared.sequencer == sequencer.id, prepared.author == author?.id else {
            return try write(batch: prepared.entries, author: author)
        }
        let known = try knownReceipts(of: prepared.entries, author)
        let new = try admissible(prepared, without: known, author)
        do {
            var lines = try write(signedBefore: new)
            lines.add(known, among: prepared.entries.count)
            return lines
        } catch {
            throw BatchFailure(index: nil, reason: error)
        }
    }

    /// The events that are new; names the first that cannot be recorded.
    private func admissible(
        _ prepared: PreparedBatch, without known: [Int: Receipt], _ author: JournalKey?
    ) throws(BatchFailure) -> [SignedEvent] {
        var new: [SignedEvent] = []
        var ids: Set<EventID> = []
        let overhead = envelopeSize(at: size + prepared.entries.count)
        for (index, event) in prepared.events.enumerated() where known[index] == nil {
            do throws(JournalError) {
                guard ids.insert(event.id).inserted else { throw .idTaken(event.id) }
                if prepared.entries[index].event.author != .sequencer { _ = try acceptedAuthor(author, .author) }
                let length = event.signed.bytes.count + overhead
                guard length <= RecordLayout.maximumLineLength else { throw .eventTooLarge(length) }
                new.append(event.signed)
            } catch {
                throw BatchFailure(index: index, reason: error)
            }
        }
        return new
    }
}

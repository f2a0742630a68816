internal import Dispatch
internal import DurableFiles
package import JournalFormat
internal import Sodium
internal import SystemPackage

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
package struct BatchFailure: Error, CustomStringConvertible {
    package let index: Int?
    package let reason: JournalError

    package var description: String { reason.description }
}

/// Events that are to be recorded together, in their order, each signed by its author; one alone is a batch of one.
///
/// An event rests on no record, so it can be signed before the journal's lock is taken: others append meanwhile. What
/// is left to do under the lock is what rests on the record before: the sequencer's signatures, and the writing.
package struct EventBatch: Sendable {
    /// What the events say that this process has signed.
    struct Words: Sendable {
        let entries: [BatchEntry]
        /// The journal and the epoch that they were signed for.
        let log: EventID
        let sequencer: KeyID
        let author: JournalKey?
    }

    private static let atOnce = 256

    /// Nil in the place of one whose key is not here: the journal complains of it.
    let events: [SignedEvent?]
    /// Nil for events that were signed elsewhere.
    let words: Words?

    /// Events that were signed elsewhere: they are recorded as they are, each signature checked.
    package init(delivered events: [SignedEvent]) {
        self.events = events
        words = nil
    }

    /// Signs on all cores.
    ///
    /// - Parameters:
    ///   - author: signs what a workstation says.
    ///   - now: when the events were said.
    init(_ entries: [BatchEntry], log: EventID, sequencer: JournalKey, author: JournalKey?, now: Timestamp) {
        events = Self.signed(entries) { entry in
            let key = entry.event.author == .sequencer ? sequencer : author
            guard let key, key.role == entry.event.author else { return nil }
            return UnsignedEvent(
                id: entry.id ?? EventID(at: now, random: randomBytes(10)), log: log, type: entry.event.type, ts: now,
                data: entry.event.data, author: key
            ).signed()
        }
        words = Words(entries: entries, log: log, sequencer: sequencer.id, author: author)
    }

    private static func signed(
        _ entries: [BatchEntry], _ sign: @escaping @Sendable (BatchEntry) -> SignedEvent?
    ) -> [SignedEvent?] {
        guard entries.count > atOnce else { return entries.map(sign) }
        let pieceCount = (entries.count + atOnce - 1) / atOnce
        let pieces = SharedPieces(count: pieceCount) { index in
            entries[(index * atOnce)..<min((index + 1) * atOnce, entries.count)].map(sign)
        }
        for _ in 1..<max(1, min(JournalDirectory.availableCores, pieceCount)) {
            DispatchQueue.global().async { pieces.runAhead((0..<pieceCount).reversed()) }
        }
        return (0..<pieceCount).flatMap { pieces.take($0) }
    }
}

extension JournalDirectory {
    /// Signs events for this journal before its lock is taken.
    ///
    /// - Returns: nil where no first line says which journal it is: opening it says what is wrong.
    package func prepare(
        _ entries: [BatchEntry], sequencer: JournalKey, author: JournalKey?, clock: ClockRule
    ) -> EventBatch? {
        guard let log = statedLog() else { return nil }
        return EventBatch(entries, log: log, sequencer: sequencer, author: author, now: clock.now)
    }

    /// The id that the first line states; nothing is judged. Nil where there is no such line.
    private func statedLog() -> EventID? {
        guard let file = try? OpenFile(regular: segmentPath(firstSeq: 1), .readOnly),
            let bytes = try? file.read(RecordLayout.maximumLineLength, at: 0),
            let end = bytes.span.lineEnd(from: 0)
        else { return nil }
        return try? RecordLayout(bytes.span.extracting(..<end)).log
    }
}

extension Journal {
    /// Signs events for this journal.
    ///
    /// - Parameter author: signs what a workstation says.
    package func prepare(_ entries: [BatchEntry], author: JournalKey?) -> EventBatch {
        EventBatch(entries, log: log, sequencer: sequencer, author: author, now: clock.now)
    }
}

/// Where it does not matter which entry of a batch is the reason.
package func orReason<Value: ~Copyable>(
    _ body: () throws(BatchFailure) -> Value
) throws(JournalError) -> Value {
    do { return try body() } catch { throw error.reason }
}

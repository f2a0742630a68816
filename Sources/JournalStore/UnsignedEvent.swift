internal import Backup
internal import Dispatch
internal import JournalFormat
internal import Synchronization

/// An event that lacks its signature only.
struct UnsignedEvent: Sendable {
    let event: NewEvent
    let id: EventID
    let log: EventID
    let ts: Timestamp
    let key: JournalKey

    func signed() -> SignedEvent {
        SignedEvent(id: id, log: log, type: event.type, ts: ts, data: event.data, signedBy: key)
    }
}

extension [UnsignedEvent] {
    /// Signs all of them on all cores: unlike records, they do not rest on each other.
    func signed() -> [SignedEvent] {
        let atOnce = 256
        let pieces = stride(from: 0, to: count, by: atOnce).map { self[$0..<Swift.min($0 + atOnce, count)] }
        guard pieces.count > 1 else { return map { $0.signed() } }
        let done = Mutex([[SignedEvent]](repeating: [], count: pieces.count))
        DispatchQueue.concurrentPerform(iterations: pieces.count) { index in
            let piece = pieces[index].map { $0.signed() }
            done.withLock { $0[index] = piece }
        }
        return done.withLock { $0.flatMap { $0 } }
    }
}

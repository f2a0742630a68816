package import Digest
package import JournalFormat

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

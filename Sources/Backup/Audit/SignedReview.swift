internal import JournalFormat

/// What the journal says of a review.
package struct SignedReview: Sendable, Equatable {
    package let record: Int
    package let upTo: Int
    package let reviewer: String
    let accepted: Set<String>

    init?(_ record: Record) {
        let data = record.event.data
        guard record.event.isOf(.reviewSigned), let upTo = data["up_to"]?.integer,
            let reviewer = data["reviewer"]?.string
        else { return nil }
        self.record = record.seq
        self.upTo = upTo
        self.reviewer = reviewer
        accepted = Set((data["findings"]?.array ?? []).compactMap { $0.object.map(AuditFinding.identity) })
    }
}

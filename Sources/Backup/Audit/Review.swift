package import Digest
internal import JournalFormat

/// A reviewer has read the journal up to a record and knows these findings.
package struct Review: Sendable, Equatable {
    package let upTo: Int
    /// Of the record `upTo`.
    package let head: SHA256Digest
    package let reviewer: String
    package let findings: [AuditFinding]

    /// - Parameter findings: of an audit; those about later records, and about the present, are left out.
    package init(upTo: Int, head: SHA256Digest, reviewer: String, findings: [AuditFinding]) {
        self.upTo = upTo
        self.head = head
        self.reviewer = reviewer
        self.findings = findings.filter { !$0.isStanding && ($0.records.last ?? 0) <= upTo }
    }

    /// Leaves room for the envelope in a line of 65,535 bytes.
    private static let dataSize = 64_000

    func data() throws(Refused) -> JSONObject {
        let data: JSONObject = [
            "up_to": .integer(upTo), "head": .string(head.hex), "reviewer": .string(reviewer),
            "findings": .array(findings.map { .object($0.json) }),
        ]
        guard JSONValue.object(data).bytes.count <= Self.dataSize else {
            throw Refused(
                "\(findings.count) findings are too many for one record", hint: "sign in steps, with a smaller --up-to")
        }
        return data
    }
}

/// What the journal says of a review.
package struct SignedReview: Sendable, Equatable {
    package let record: Int
    package let upTo: Int
    package let reviewer: String
    let accepted: Set<String>

    init?(_ record: Record) {
        let data = record.event.data
        guard record.event.type == "review.signed", let upTo = data["up_to"]?.integer,
            let reviewer = data["reviewer"]?.string
        else { return nil }
        self.record = record.seq
        self.upTo = upTo
        self.reviewer = reviewer
        accepted = Set((data["findings"]?.array ?? []).compactMap { $0.object.map(AuditFinding.identity) })
    }
}

func decideReview(_ review: Review, _ state: BackupState) throws(Refused) -> [NewEvent] {
    guard !review.reviewer.isEmpty, !review.reviewer.utf8.contains(where: { $0 < 0x20 }) else {
        throw Refused("a reviewer's name is one line of text, and not empty")
    }
    guard review.upTo >= 1, review.upTo <= state.seq else {
        throw Refused("there is no record \(review.upTo); the journal has \(state.seq)", .notFound)
    }
    guard review.upTo > state.reviewedUpTo else {
        throw Refused("everything up to record \(state.reviewedUpTo) is signed already")
    }
    return [NewEvent(core: "review.signed", by: .sequencer, try review.data())]
}

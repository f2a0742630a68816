package import Digest

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
}

package import JournalFormat

/// Something that a reviewer should know.
package struct AuditFinding: Sendable, Equatable {
    package enum Severity: String, Sendable {
        /// An event that is expected is not there: `audit` then exits with a status of its own.
        case missing
        /// Nothing need be wrong, but a person should have seen it.
        case notable
    }

    /// Names that scripts can rely on.
    package enum Slug: String, Sendable, CaseIterable {
        // Expected events.
        case monthMissing = "month-missing"
        case snapshotNotSealed = "snapshot-not-sealed"
        case sealedNotRegistered = "sealed-not-registered"
        case registeredNotSealed = "registered-not-sealed"
        case notUploaded = "not-uploaded"
        case storedNotRestored = "stored-not-restored"
        case releasedNotRestored = "released-not-restored"
        case anchorOverdue = "anchor-overdue"
        case drillExpired = "drill-expired"
        case drillNever = "drill-never"
        case longSilence = "long-silence"
        // Keys.
        case newSigner = "new-signer"
        case keyEnrolled = "key-enrolled"
        case keyRetired = "key-retired"
        case epochStarted = "epoch-started"
        case rootReplaced = "root-replaced"
        // Clocks.
        case authorClockSkew = "author-clock-skew"
        case clockStandsStill = "clock-stands-still"
        case clockJump = "clock-jump"
        // Artifacts and the journal itself.
        case sizeOutlier = "size-outlier"
        case artifactDamaged = "artifact-damaged"
        case artifactOnlyMirrored = "artifact-only-mirrored"
        case artifactUnverified = "artifact-unverified"
        case artifactWithdrawn = "artifact-withdrawn"
        case worktreeBehind = "worktree-behind"
        case journalRepaired = "journal-repaired"
        case cutAccepted = "cut-accepted"
        case journalSucceeds = "journal-succeeds"
        case unreadable = "unreadable"
    }

    package let slug: Slug
    package let severity: Severity
    /// The records that it is about, ascending; none where it is about what does not stand in the journal.
    package let records: [Int]
    /// The label or the key that it is about.
    package let subject: String?
    /// For a person, without final period.
    package let sentence: String

    package init(
        _ slug: Slug, _ severity: Severity, records: [Int], subject: String? = nil, _ sentence: String
    ) {
        self.slug = slug
        self.severity = severity
        self.records = records
        self.subject = subject
        self.sentence = sentence
    }

    /// About the present, or what everyone must know for ever, and not about records: no signature makes it go away.
    package var isStanding: Bool { records.isEmpty || slug == .rootReplaced }

    /// What a review remembers of it.
    package var json: JSONObject {
        [
            "slug": .string(slug.rawValue), "severity": .string(severity.rawValue),
            "records": .array(records.map { .integer($0) }), "subject": subject.map { .string($0) } ?? .null,
        ]
    }

    /// The same finding in a later audit has the same identity.
    package var identity: String { Self.identity(json) }

    static func identity(_ json: JSONObject) -> String {
        [json["slug"] ?? .null, json["records"] ?? .null, json["subject"] ?? .null].map(\.text).joined(separator: " ")
    }
}

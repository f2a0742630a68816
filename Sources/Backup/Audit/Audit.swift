package import JournalFormat

/// Reads a journal's records in order and tells what a reviewer should know. Follows from the records, the two
/// arguments of `report` and nothing else.
package struct Audit: Sendable {
    package let limits: AuditLimits
    private let usesMirror: Bool
    private let keepsWorktree: Bool

    private(set) var state = BackupState.initial
    private var names = KeyNames()
    private var timeline = AuditTimeline()
    private var operations = AuditOperations()
    private var clocks = AuditClocks()
    private var months = AuditMonths()
    private var told: [AuditFinding] = []
    private var signers: Set<KeyID> = []
    private var hasUploads = false
    private var isReadable = true
    private var reviews: [SignedReview] = []
    private var size = 0

    /// - Parameters:
    ///   - usesMirror: whether one is configured; one that was used before counts, too.
    ///   - keepsWorktree: whether the server's working copy is to follow.
    package init(limits: AuditLimits = AuditLimits(), usesMirror: Bool, keepsWorktree: Bool = true) {
        self.limits = limits
        self.usesMirror = usesMirror
        self.keepsWorktree = keepsWorktree
    }

    package mutating func take(_ record: Record) {
        size = record.seq
        names.take(record)
        clocks.take(record, names, limits)
        timeline.take(record, names)
        takeSigner(record)
        takeNotice(record)
        guard isReadable else { return }
        do throws(ProjectionRefusal) {
            let event = try CoreEvents.read(record)
            let isLate = event?.isLate(in: state) ?? false
            try state.apply(event, of: record)
            if isLate { return }
            operations.take(event, record, names)
            months.take(event, record, state, limits)
            if event is ArtifactUploaded { hasUploads = true }
        } catch {
            isReadable = false
            told.append(
                AuditFinding(
                    .unreadable, .missing, records: [record.seq],
                    "\(error.message); from record \(record.seq) on, operations and months could not be checked"))
        }
    }

    private mutating func takeSigner(_ record: Record) {
        let author = record.event.author
        guard names.role(author) == .author, signers.insert(author).inserted else { return }
        told.append(
            AuditFinding(
                .newSigner, .notable, records: [record.seq], subject: author.description,
                "\(names[author]) (\(author)) signs for the first time"))
    }

    private mutating func takeNotice(_ record: Record) {
        if let review = SignedReview(record) { reviews.append(review) }
        guard let notice = record.event.coreType?.declaration.notice(EventWords(record, names)) else { return }
        told.append(
            AuditFinding(notice.slug, .notable, records: [record.seq], subject: notice.subject, notice.sentence))
    }

    package var succession: Succession? { state.succession }

    private func uncheckedArtifacts(_ now: Timestamp) -> [AuditFinding] {
        let old = state.order.filter { label in
            guard let entry = state.entries[label] else { return false }
            return !entry.isOnlyMirrored && now.milliseconds - entry.checkedAt.milliseconds > limits.check
        }
        if old.isEmpty { return [] }
        return [
            AuditFinding(
                .artifactUnverified, .notable, records: [],
                "not checked against the journal for more than \(Plain.duration(limits.check)): "
                    + Plain.list(old.map(\.description)))
        ]
    }

    private func onlyMirrored() -> [AuditFinding] {
        let labels = state.order.filter { state.entries[$0]?.isOnlyMirrored ?? false }
        if labels.isEmpty { return [] }
        return [
            AuditFinding(
                .artifactOnlyMirrored, .notable, records: [],
                "not on the server since it was rebuilt, only in the mirror: \(Plain.list(labels.map(\.description))); "
                    + "devjournal fetch brings \(labels.count == 1 ? "it" : "them")")
        ]
    }

    /// - Parameters:
    ///   - now: the reader's clock.
    ///   - thisMonth: the current month by local time.
    ///   - all: whether what reviews have signed is reported again.
    package func report(now: Timestamp, thisMonth: Label, all: Bool = false) -> AuditReport {
        var findings = told + (state.succession.map { [$0.finding] } ?? [])
        findings += clocks.findings(limits, now: now)
        if isReadable {
            findings += operations.findings(state, limits, usesMirror: usesMirror || hasUploads, now: now)
            findings += uncheckedArtifacts(now) + onlyMirrored()
            findings += months.findings(
                state, registered: operations.registered, limits, now: now, thisMonth: thisMonth,
                keepsWorktree: keepsWorktree)
        }
        let accepted = reviews.reduce(into: Set<String>()) { $0.formUnion($1.accepted) }
        let known = all ? [] : findings.filter { !$0.isStanding && accepted.contains($0.identity) }
        if !all { findings.removeAll { !$0.isStanding && accepted.contains($0.identity) } }
        // What is about records comes in their order; what is about the present comes last.
        let sorted = findings.enumerated().sorted {
            ($0.element.records.first ?? .max, $0.offset) < ($1.element.records.first ?? .max, $1.offset)
        }
        let start = all ? 0 : reviews.last?.upTo ?? 0
        return AuditReport(
            months: timeline.months.compactMap { $0.starting(behind: start) }, findings: sorted.map(\.element),
            signed: known.count, review: reviews.last, records: size)
    }
}

/// What an audit tells.
package struct AuditReport: Sendable, Equatable {
    /// Only those with records after the last review.
    package let months: [AuditMonth]
    package let findings: [AuditFinding]
    /// Findings that a reviewer has signed and that are therefore left out.
    package let signed: Int
    package let review: SignedReview?
    package let records: Int

    /// Whether something expected is missing.
    package var isSomethingMissing: Bool { findings.contains { $0.severity == .missing } }
}

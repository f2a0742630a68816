internal import JournalFormat

/// What labels and sizes say: months without a backup, artifacts of an unusual size, an anchor that is due.
struct AuditMonths: Sendable {
    private var fullSizes: [Int] = []
    private var incrementSizes: [Int] = []
    private var outliers: [AuditFinding] = []
    private var opened: Timestamp?
    /// The last drill, or restore whose tree was compared with the sealed one's, which proves as much of its label.
    private var lastProof: (record: Int, ts: Timestamp)?
    private var firstArtifact: Timestamp?

    /// - Parameters:
    ///   - event: the record's; nil where it changes no projection.
    ///   - state: after the record.
    mutating func take(
        _ event: (any ProjectedEvent)?, _ record: Record, _ state: BackupState, _ limits: AuditLimits
    ) {
        switch event {
        case let event as ArtifactRegistered:
            measure(event.artifact.name, event.artifact.bytes, record, limits)
        case let event as ManifestImported:
            for row in event.part.rows { measure(row.name, row.bytes, record, limits) }
        case is JournalOpened:
            opened = record.ts
        case let event as SnapshotRestored where state.entries[event.label]?.stream?.tree != nil:
            lastProof = (record.seq, record.ts)
        default:
            if record.event.isOf(.drillCompleted) { lastProof = (record.seq, record.ts) }
        }
    }

    private mutating func measure(_ name: ArtifactName, _ bytes: Int, _ record: Record, _ limits: AuditLimits) {
        if firstArtifact == nil { firstArtifact = record.ts }
        let isFull = name.kind == .full
        let before = isFull ? fullSizes : incrementSizes
        if isFull { fullSizes.append(bytes) } else { incrementSizes.append(bytes) }
        guard before.count >= (isFull ? 1 : limits.sizeSamples) else { return }
        let median = before.sorted()[before.count / 2]
        let isOutlier = bytes > median * limits.sizeFactor || bytes * limits.sizeFactor < median
        guard isOutlier, abs(bytes - median) > limits.sizeDistance else { return }
        outliers.append(
            AuditFinding(
                .sizeOutlier, .notable, records: [record.seq], subject: name.label.description,
                "\(name.label) (\(name.kind.type)) has \(Plain.bytes(bytes)), the median of the \(before.count) before is "
                    + "\(Plain.bytes(median)) (rule: more than \(limits.sizeFactor) times or less than a "
                    + "\(limits.sizeFactor == 4 ? "quarter" : "1/\(limits.sizeFactor)"), and more than "
                    + "\(Plain.bytes(limits.sizeDistance)) apart)"))
    }

    /// - Parameter registered: the record that registered each label.
    func findings(
        _ state: BackupState, registered: [Label: AuditOperations.Step], _ limits: AuditLimits, now: Timestamp,
        thisMonth: Label, keepsWorktree: Bool
    ) -> [AuditFinding] {
        var findings = outliers
        var labels = state.entries.keys.sorted()
        // The months of the journal before this one were backed up, though nobody can open them now.
        if let last = state.succession?.lastLabel, labels.first != last { labels.insert(last, at: 0) }
        for (label, next) in zip(labels, labels.dropFirst()) where next.month > label.month + 1 {
            let missing = (label.month + 1..<next.month).map { label.adding(months: $0 - label.month) }
            findings.append(
                AuditFinding(
                    .monthMissing, .missing, records: registered[next].map { [$0.record] } ?? [],
                    subject: missing.first?.description,
                    "there is no backup of \(Plain.list(missing.map(\.monthText))): \(next) follows \(label)"))
        }
        findings += unfinished(after: labels.last, thisMonth)
        if let due = state.policy.anchorDueFrom, due.month < thisMonth.month {
            findings.append(
                AuditFinding(
                    .anchorOverdue, .missing, records: [], subject: due.description,
                    "an anchor has been due since \(due.monthText) (rule \(state.policy.next(due).reason.rule))"))
        }
        if keepsWorktree, let worktree = state.worktree, let latest = labels.last, worktree < latest {
            findings.append(
                AuditFinding(
                    .worktreeBehind, .notable, records: [], subject: latest.description,
                    "the server's working copy is \(worktree), the latest backup is \(latest)"))
        }
        return findings + drill(limits, now)
    }

    /// Months that are over and have no backup yet.
    private func unfinished(after last: Label?, _ thisMonth: Label) -> [AuditFinding] {
        let start: Int
        if let last {
            start = last.month + 1
        } else if let opened,
            let label = Label(dataset: thisMonth.dataset, month: String(opened.description.prefix(7)))
        {
            start = label.month
        } else {
            return []
        }
        guard start < thisMonth.month else { return [] }
        let missing = (start..<thisMonth.month).map { thisMonth.adding(months: $0 - thisMonth.month) }
        return [
            AuditFinding(
                .monthMissing, .missing, records: [], subject: missing.first?.description,
                "there is no backup of \(Plain.list(missing.map(\.monthText))), and it is \(thisMonth.monthText)")
        ]
    }

    private func drill(_ limits: AuditLimits, _ now: Timestamp) -> [AuditFinding] {
        if let lastProof {
            let age = now.milliseconds - lastProof.ts.milliseconds
            guard age > limits.drill else { return [] }
            return [
                AuditFinding(
                    .drillExpired, .missing, records: [],
                    "the last restore that was compared (record \(lastProof.record)) is \(Plain.duration(age)) old "
                        + "(rule: at most \(Plain.duration(limits.drill)))")
            ]
        }
        guard let firstArtifact, now.milliseconds - firstArtifact.milliseconds > limits.drill else { return [] }
        return [
            AuditFinding(
                .drillNever, .notable, records: [],
                "nothing was ever restored and compared, and the first backup is older than \(Plain.duration(limits.drill))"
            )
        ]
    }
}

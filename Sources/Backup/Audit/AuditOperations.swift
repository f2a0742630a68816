internal import JournalFormat

/// Operations and their counterparts: what was begun and is not known to have ended.
struct AuditOperations: Sendable {
    struct Step: Sendable {
        let record: Int
        let ts: Timestamp
    }

    private(set) var registered: [Label: Step] = [:]
    private var hashes: [Label: String] = [:]
    private var taken: [Label: Step] = [:]
    private var sealed: [Label: Step] = [:]
    private var uploaded: Set<Label> = []
    private var stored: [Label: Step] = [:]
    private var released: [Label: Step] = [:]
    private var damaged: [Label: (step: Step, result: String)] = [:]
    private var past: [AuditFinding] = []

    /// - Parameter event: the record's; nil where it changes no projection.
    mutating func take(_ event: (any ProjectedEvent)?, _ record: Record, _ names: KeyNames) {
        let step = Step(record: record.seq, ts: record.ts)
        switch event {
        case let event as SnapshotTaken:
            let label = event.snapshot.label
            if registered[label] == nil { taken[label] = step }
        case let event as ArtifactSealed:
            taken[event.artifact.label] = nil
            sealed[event.artifact.label] = step
            hashes[event.artifact.label] = event.artifact.sha256
        case let event as ArtifactRegistered:
            register(event.artifact, step)
        case let event as ArtifactUploaded:
            uploaded.insert(event.label)
        case let event as ArtifactStored:
            // A repair is not a beginning of a restore.
            if damaged.removeValue(forKey: event.label) == nil { stored[event.label] = step }
        case let event as SnapshotRestored:
            stored[event.label] = nil
            released[event.label] = nil
        case let event as ArtifactVerified:
            damaged[event.label] = event.result == BackupState.Condition.ok.rawValue ? nil : (step, event.result)
        case let event as ArtifactWithdrawn:
            withdraw(event.label, record, names)
        case let event as ManifestImported:
            for row in event.part.rows { registered[row.name.label] = step }
        default:
            guard record.event.isOf(.restoreReleased) else { break }
            // A file that was printed arrives nowhere that could tell.
            guard record.event.data["paths"] == nil else { break }
            if let label = record.event.data["label"]?.string.flatMap({ Label($0) }) { released[label] = step }
        }
    }

    private mutating func register(_ artifact: Artifact, _ step: Step) {
        let label = artifact.label
        if sealed.removeValue(forKey: label) == nil || hashes[label] != artifact.sha256 {
            past.append(
                AuditFinding(
                    .registeredNotSealed, .missing, records: [step.record], subject: label.description,
                    "\(label) is registered, but no workstation has signed that it sealed this artifact"))
        }
        registered[label] = step
    }

    private mutating func withdraw(_ label: Label, _ record: Record, _ names: KeyNames) {
        registered[label] = nil
        taken[label] = nil
        sealed[label] = nil
        stored[label] = nil
        released[label] = nil
        damaged[label] = nil
        uploaded.remove(label)
        let key = names[record.event.author]
        let who = record.event.data["login"]?.string.map { "\($0), by the key of \(key)" } ?? key
        past.append(
            AuditFinding(
                .artifactWithdrawn, .notable, records: [record.seq], subject: label.description,
                "\(label) was withdrawn by \(who): \(record.event.data["reason"]?.string ?? "no reason given")"))
    }

    func findings(
        _ state: BackupState, _ limits: AuditLimits, usesMirror: Bool, now: Timestamp
    ) -> [AuditFinding] {
        let newest = max(taken.keys.max()?.month ?? 0, registered.keys.max()?.month ?? 0)
        func isOlder(_ step: Step, _ grace: Int) -> Bool { now.milliseconds - step.ts.milliseconds > grace }
        /// Enough time has passed, or a later month has begun.
        func isOver(_ label: Label, _ step: Step) -> Bool { label.month < newest || isOlder(step, limits.grace) }
        func unmatched(
            _ slug: AuditFinding.Slug, _ steps: [Label: Step], _ words: String,
            isLate: (Label, Step) -> Bool
        ) -> [AuditFinding] {
            steps.sorted { $0.key < $1.key }.map { label, step in
                let late = isLate(label, step)
                return AuditFinding(
                    slug, late ? .missing : .notable, records: [step.record], subject: label.description,
                    "\(label) was \(words)\(late ? "" : " yet")")
            }
        }
        var findings = past
        findings += unmatched(.snapshotNotSealed, taken, "taken but not sealed", isLate: isOver)
        findings += unmatched(.sealedNotRegistered, sealed, "sealed but not registered", isLate: isOver)
        if usesMirror {
            let local = registered.filter { !uploaded.contains($0.key) }
            findings += unmatched(.notUploaded, local, "registered but not uploaded") {
                isOlder($1, limits.uploadGrace)
            }
        }
        findings += notable(.storedNotRestored, stored, "was fetched back, but no restore followed")
        findings += notable(
            .releasedNotRestored, released, "was released for a restore, but no record says that it arrived")
        let broken = damaged.filter { !(state.entries[$0.key]?.isOnlyMirrored ?? false) }
        findings += broken.sorted { $0.key < $1.key }.map { label, found in
            AuditFinding(
                .artifactDamaged, .missing, records: [found.step.record], subject: label.description,
                "the artifact of \(label) was found \(found.result)")
        }
        return findings
    }

    private func notable(
        _ slug: AuditFinding.Slug, _ steps: [Label: Step], _ words: String
    ) -> [AuditFinding] {
        steps.sorted { $0.key < $1.key }.map { label, step in
            AuditFinding(
                slug, .notable, records: [step.record], subject: label.description, "\(label) \(words)")
        }
    }
}

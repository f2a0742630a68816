package import Backup
package import JournalFormat

/// What a check of one artifact has found.
package struct ScrubFinding {
    package let artifact: Artifact
    /// Nil where this user may not read it, which says nothing about it.
    package let condition: BackupState.Condition?
    /// Not here since the server was rebuilt, and in the mirror.
    package var isOnlyMirrored = false
    /// What cannot be restored without it.
    package let dependents: [Label]
    package let foundSHA256: String?
    /// Nil where it has none, or nobody looked.
    package var catalogue: BackupState.Condition?
    /// Whether the mirror has the catalogue: what nothing brings back is reported, and is not a failure.
    package var isCatalogueMirrored = false
    package var isRepaired = false

    package var label: Label { artifact.label }
    package var isBroken: Bool { isArtifactBroken || isCatalogueBroken }
    package var isCatalogueBroken: Bool {
        !isOnlyMirrored && isCatalogueMirrored && catalogue.map { $0 != .ok } ?? false
    }
    package var isArtifactBroken: Bool { !isOnlyMirrored && condition.map { $0 != .ok && !isRepaired } ?? false }

    private var result: String { isOnlyMirrored ? "mirrored" : condition?.rawValue ?? "unread" }
    package var text: String { result + (isRepaired ? " repaired" : "") }

    package var json: JSONObject {
        [
            "label": .string(label.description), "result": .string(result),
            "found_sha256": foundSHA256.map { .string($0) } ?? .null,
            "needed_by": .array(dependents.map { .string($0.description) }), "repaired": .bool(isRepaired),
            "catalogue": catalogue.map { .string($0.rawValue) } ?? .null,
        ]
    }
}

/// What a run of scrub has found.
package struct ScrubReport {
    package let findings: [ScrubFinding]
    /// Due, and left to later runs.
    package let left: Int
    /// Whether a repair was tried.
    package let repairs: Bool

    private var broken: [ScrubFinding] { findings.filter(\.isBroken) }
    private var unread: [ScrubFinding] { findings.filter { $0.condition == nil } }
    /// Not on this server since it was rebuilt, only in the mirror.
    package var onlyMirrored: [ScrubFinding] { findings.filter { $0.isOnlyMirrored && !$0.isRepaired } }
    /// How many were read.
    package var checked: Int { findings.count - unread.count - onlyMirrored.count }

    /// What a person has to do something about; the gravest first.
    package var failure: ScrubError? {
        let lost = broken.filter(\.isArtifactBroken)
        if !lost.isEmpty {
            return .notRestorable(lost.flatMap { [$0.label] + $0.dependents }.unique, wasRepairTried: repairs)
        }
        if !broken.isEmpty { return .cataloguesUnsound(broken.map(\.label).unique, wasRepairTried: repairs) }
        return unread.isEmpty ? nil : .unreadable(unread.map(\.label))
    }

    package var json: JSONObject {
        [
            "checked": .array(findings.map { .object($0.json) }), "left": .integer(left),
            "broken": .integer(broken.count), "unread": .integer(unread.count),
            "mirrored": .integer(onlyMirrored.count),
        ]
    }
}

extension [Label] {
    /// Each once, in this order.
    fileprivate var unique: [Label] {
        var seen: Set<Label> = []
        return filter { seen.insert($0).inserted }
    }
}

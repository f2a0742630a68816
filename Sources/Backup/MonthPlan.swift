/// What a run of the month has to know, asked once: which months wait, what is handed over, what can leave the spool, and
/// whether the server's working copy has to follow. A pure answer to what is known here and what the server has said.
package struct MonthPlan: Sendable, Equatable {
    /// What is known when the question is asked.
    package struct Known: Sendable {
        /// The journal, with what waits in the outbox.
        package var state: BackupState
        package var label: Label
        /// The labels whose snapshots are on this machine.
        package var snapshots: Set<Label>
        /// The artifacts in the spool.
        package var spool: Set<ArtifactName>
        /// Artifacts that the server has registered, and which are missing or damaged there, or their catalogues.
        package var lacking: [ArtifactName: String]
        /// How far a spooled artifact must have come before it goes.
        package var keepsUntilMirrored: Bool
        /// Whether there is a working copy on the server.
        package var hasWorkingCopy: Bool

        package init(
            _ state: BackupState, _ label: Label, snapshots: Set<Label> = [], spool: Set<ArtifactName> = [],
            lacking: [ArtifactName: String] = [:], keepsUntilMirrored: Bool = true, hasWorkingCopy: Bool = true
        ) {
            (self.state, self.label, self.snapshots, self.spool) = (state, label, snapshots, spool)
            (self.lacking, self.keepsUntilMirrored) = (lacking, keepsUntilMirrored)
            self.hasWorkingCopy = hasWorkingCopy
        }
    }

    package enum WorkingCopy: Sendable, Equatable {
        case none
        /// It is that month's already.
        case followed
        /// An old month run again does not take it back.
        case staysAt(Label)
        /// It follows once the month is registered.
        case due
    }

    /// Taken before the month and not registered, oldest first.
    package let waiting: [Label]
    /// Registered artifacts that the server has lost or found damaged, and this machine still has, oldest first.
    package let handedOverAgain: [ArtifactName]
    /// Artifacts that are safe elsewhere: they leave the spool.
    package let cleared: [ArtifactName]
    package let workingCopy: WorkingCopy
    /// Whether the month itself is registered.
    package let isRegistered: Bool

    package init(_ known: Known) {
        let (state, label) = (known.state, known.label)
        waiting = known.snapshots.sorted().filter { month in
            month < label && state.latest.map { month > $0 } ?? true && state.snapshots[month] != nil
        }
        isRegistered = state.entries[label] != nil
        let registered = known.spool.filter { state.entries[$0.label]?.artifact.name == $0 }
        cleared = registered.filter { name in
            !known.keepsUntilMirrored || state.entries[name.label]?.objectKey != nil
        }.sorted { $0.label < $1.label }
        handedOverAgain = registered.filter { name in
            known.lacking[name] != nil && state.entries[name.label]?.objectKey == nil
        }.sorted { $0.label < $1.label }
        if !known.hasWorkingCopy {
            workingCopy = .none
        } else if state.worktree == label {
            workingCopy = .followed
        } else if let latest = state.latest, latest > label {
            workingCopy = .staysAt(latest)
        } else {
            workingCopy = .due
        }
    }

    /// The month that is dealt with first: labels are registered in their order, and an increment starts from the one
    /// before.
    package func first(of label: Label) -> Label { waiting.first ?? label }

    /// Whether nothing is left to do on the server.
    package var isDone: Bool {
        isRegistered && waiting.isEmpty && handedOverAgain.isEmpty && workingCopy != .due
    }
}

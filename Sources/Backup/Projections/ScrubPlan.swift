package import JournalFormat

/// Which of the server's artifacts are to be checked against their hashes now.
///
/// Due is what was last checked longer ago than `every`, and whatever was found damaged or missing since. The oldest
/// check comes first, and a run ends with the artifact that brings it to its share of all bytes, so that daily runs
/// spread the reading. Follows from the state and the arguments alone.
package struct ScrubPlan: Sendable {
    package let entries: [BackupState.Entry]
    /// Due, but left to later runs.
    package let left: Int

    /// What somebody has named.
    package init(_ entries: [BackupState.Entry]) {
        self.entries = entries
        left = 0
    }

    /// - Parameters:
    ///   - every: milliseconds; 0 for everything.
    ///   - share: percent of all bytes, of which at least one artifact is looked at; 100 for everything that is due.
    package init(_ state: BackupState, now: Timestamp, every: Int, share: Int) {
        let all = state.order.compactMap { state.entries[$0] }
        let due = all.filter { $0.condition != .ok || now.milliseconds - $0.checkedAt.milliseconds >= every }
            .sorted {
                ($0.condition == .ok ? 1 : 0, $0.checkedAt.milliseconds, $0.artifact.label)
                    < ($1.condition == .ok ? 1 : 0, $1.checkedAt.milliseconds, $1.artifact.label)
            }
        let budget = all.reduce(0) { $0 + $1.artifact.bytes } / 100 * share
        var bytes = 0
        var chosen = 0
        while chosen < due.count, bytes == 0 || share >= 100 || bytes < budget {
            // What is not there takes no reading.
            bytes += due[chosen].condition == .missing ? 0 : due[chosen].artifact.bytes
            chosen += 1
        }
        entries = Array(due[..<chosen])
        left = due.count - chosen
    }
}

extension BackupState {
    /// The registered labels that cannot be restored without this one, oldest first.
    package func dependents(on label: Label) -> [Label] {
        order.filter { other in
            guard other != label, let plan = try? RestorePlan(other, self) else { return false }
            return plan.steps.contains { $0.artifact.label == label }
        }
    }
}

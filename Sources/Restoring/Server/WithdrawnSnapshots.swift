package import Backup
package import Machines

/// The received snapshots and the working copy that the server still has of artifacts that were withdrawn: they are set
/// aside, and nothing is deleted. Whatever interrupts it, it continues from where it was when it is called again.
package struct WithdrawnSnapshots {
    private let machine: Machine
    private let root: any RootSteps

    package init(_ machine: Machine, _ root: any RootSteps) {
        self.machine = machine
        self.root = root
    }

    /// Received snapshots, by root: each gets another name in its own directory, as a read-only one can have no other.
    package func setAside(_ state: BackupState) async throws {
        var seen: Set<Label> = []
        for withdrawal in state.withdrawals where withdrawal.restoredPath != nil {
            let label = withdrawal.label
            // What stands there now may have been received since, for the same label.
            guard state.restored[label] == nil, seen.insert(label).inserted,
                let there = try await root.subvolume(label)
            else { continue }
            if let uuid = state.entries[label]?.stream?.uuid, there.isNamed(uuid) { continue }
            let kept = try await root.withdraw(label)
            machine.reporter.say("the received snapshot of \(label) is kept as \(kept)")
        }
    }

    /// The working copy that was a withdrawn label's becomes the newest remaining one's; edits are kept as ever.
    package func returnWorkingCopy(_ state: BackupState) async throws {
        guard machine.updatesWorktree, state.worktree == nil,
            state.withdrawals.contains(where: \.wasFollowed)
        else { return }
        guard let latest = state.latest else {
            return machine.reporter.warn("no label is left for the working copy \(machine.code); it stays as it is")
        }
        machine.reporter.say("the working copy returns to \(latest)")
        _ = try await ServerRestore(machine, root).runLocked(try RestorePlan(latest, state))
    }
}

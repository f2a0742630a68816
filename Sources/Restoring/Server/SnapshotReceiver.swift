package import Backup
import DurableFiles
import JournalFormat
import JournalStore
package import Machines
import Sealing
package import SystemPackage

/// Receives snapshots on the server in the safe order: hash against the journal, receive in a staging directory, look at
/// what came out, make it durable, compare its tree's hash with the recorded one, give it its name, record it.
package struct SnapshotReceiver {
    private let machine: Machine
    private let root: any RootSteps

    package init(_ machine: Machine, _ root: any RootSteps) {
        self.machine = machine
        self.root = root
    }

    package func path(of label: Label) -> FilePath { machine.server.snapshots().path(of: label) }

    /// The first step of the plan that has to be received: everything up to the last one that is there can be left out.
    package func firstMissing(_ plan: RestorePlan) async throws -> Int {
        for (index, step) in plan.steps.enumerated().reversed() {
            if try await received(step) != nil { return index + 1 }
        }
        return 0
    }

    /// - Parameter ignoringSpace: whether it is tried where it is not expected to fit.
    package func receive(_ plan: RestorePlan, ignoringSpace: Bool = false) async throws {
        try await root.clear()
        let first = try await firstMissing(plan)
        if first > 0 { try await recordUnrecorded(plan.steps[first - 1]) }
        let steps = plan.steps[first...]
        if steps.isEmpty {
            // Nothing is received that its tree's hash would be compared with. A parent's is proved by its child's.
            try await root.compare(plan.label)
            return
        }
        try SpaceCheck.server(machine)
            .requireReceiving(
                plan.receivingNeed(from: first), least: steps.reduce(0) { $0 + $1.artifact.bytes },
                in: machine.server.received,
                override: .init(command: "restore_backup_LS.sh --ignore-space \(plan.label)", isGiven: ignoringSpace))
        let report = machine.reporter.progress(
            "restoring \(plan.label)", total: steps.reduce(0) { $0 + $1.artifact.bytes })
        var done = 0
        for step in steps {
            machine.reporter.say("receiving \(step.artifact.name), \(Plain.bytes(step.artifact.bytes))")
            let before = done
            defer { report.finish() }
            try await receive(step) { report.reached(before + Int($0)) }
            done += step.artifact.bytes
        }
    }

    /// A crash may have come between the name, which only what was verified gets, and the event.
    private func recordUnrecorded(_ entry: BackupState.Entry) async throws {
        let label = entry.artifact.label
        let state = try machine.state()
        guard let subvolume = try await root.subvolume(label), let receivedUUID = subvolume.receivedUUID,
            state.restoredUUIDs[label] != subvolume.uuid
        else { return }
        try record(label, subvolume.uuid, receivedUUID)
    }

    private func record(_ label: Label, _ uuid: String, _ receivedUUID: String) throws {
        var journal = try machine.openJournal(.resuming(.anything))
        _ = try machine.record(
            .recordRestore(
                label, by: .sequencer, uuid: uuid, receivedUUID: receivedUUID, path: path(of: label).string),
            in: &journal)
    }

    private func received(_ entry: BackupState.Entry) async throws -> Btrfs.Subvolume? {
        let label = entry.artifact.label
        guard let subvolume = try await root.subvolume(label) else { return nil }
        // An imported artifact's UUID is known from the restore that brought it here.
        let uuid = try entry.stream?.uuid ?? machine.state().receivedUUIDs[label]
        guard subvolume.isReadOnly, let uuid, subvolume.isNamed(uuid) else {
            if try isWithdrawn(subvolume, label) {
                let kept = try await root.withdraw(label)
                machine.reporter.say("the received snapshot of \(label) is kept as \(kept)")
                return nil
            }
            throw SnapshotError.notAsRecorded(path(of: label), label)
        }
        return subvolume
    }

    /// Whether it is that of an artifact that was withdrawn, received by a restore that never came to record it.
    private func isWithdrawn(_ subvolume: Btrfs.Subvolume, _ label: Label) throws -> Bool {
        try machine.state().withdrawals.contains {
            $0.label == label && $0.uuid.map { subvolume.isNamed($0) } ?? false
        }
    }

    private func receive(
        _ entry: BackupState.Entry, progress: @escaping @Sendable (UInt64) -> Void
    ) async throws {
        let label = entry.artifact.label
        let received = try await root.receive(label, progress: progress)
        guard let uuid = received.receivedUUID else {
            throw SnapshotError.withoutReceivedUUID(path(of: label))
        }
        try record(label, received.uuid, uuid)
    }
}

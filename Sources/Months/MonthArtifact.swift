import Artifacts
package import Backup
import DurableFiles
import JournalFormat
package import Machines
import Restoring
package import SystemPackage

/// The month's snapshot as an artifact: full or incremental as the policy wants, or full where an increment would not do.
package struct MonthArtifact {
    private let label: Label
    private let machine: Machine
    private let ledger: WorkstationLedger
    private let isFull: Bool
    /// Of this program, for the event.
    private let version: String
    private let work: SnapshotWork

    package init(
        _ label: Label, _ machine: Machine, _ ledger: WorkstationLedger, isFull: Bool, version: String,
        _ work: SnapshotWork
    ) {
        self.work = work
        (self.label, self.machine, self.ledger, self.isFull) = (label, machine, ledger, isFull)
        self.version = version
    }

    /// What an artifact is made as, and why.
    private struct Choice {
        package var parent: (label: Label, uuid: String)?
        package var rule: String
        /// What an increment would have got wrong.
        package var unfit: String?
    }

    /// - Returns: where the artifact is; nil for a dry run. What was sealed before is not sealed again.
    package func run(expectBytes: Int?, ignoresSpace: Bool, isDry: Bool) async throws -> FilePath? {
        let state = try machine.state()
        if let path = spooled(state) {
            machine.reporter.say("\(label) is sealed already")
            return path
        }
        let (kind, reason) = state.policy.next(label)
        try requireNotFuture(label, machine.thisMonth())
        try checkPolicy(ArtifactName(label, kind), state)
        let snapshot = machine.snapshots.appending(label.description)
        if isDry, !pathExists(snapshot) {
            machine.reporter.say("would seal \(label) as \(kind.type) (\(reason.rule)) once its snapshot is taken")
            return nil
        }
        let uuid = try await work.check(label, nil)
        let choice = try await choose(kind, reason, snapshot, state)
        let type = choice.parent == nil ? "full" : "incr"
        machine.reporter.say("\(label) \(isDry ? "would become" : "becomes") \(type) (\(choice.rule))")
        if isDry { return nil }
        let parent = choice.parent.map { machine.snapshots.appending($0.label.description) }
        var streams = await work.streamVersion()
        if case .outbox = ledger { streams = min(streams, ServersStreams(machine).version) }
        return try await MonthSealing(
            .init(
                label: label.description, type: type, parent: choice.parent?.label.description, uuid: uuid,
                parentUUID: choice.parent?.uuid, source: .producer(work.send(snapshot, parent, streams)),
                directory: nil,
                tree: snapshot, expectedBytes: expectBytes, ignoresSpace: ignoresSpace,
                lacksParent: choice.rule == AnchorReason.parentMissing(label).rule, unfitIncrement: choice.unfit),
            machine, ledger, snapshots: work.sealing, version: version
        ).run()
    }

    private func spooled(_ state: BackupState) -> FilePath? {
        guard let sealed = state.sealed(label) else { return nil }
        let path = machine.workstationState.appending("spool").appending(sealed.artifact.name.description)
        guard pathExists(path), pathExists(path.sibling(label.catalogueName)),
            !isFull || sealed.artifact.name.kind == .full
        else { return nil }
        return path
    }

    private func choose(
        _ kind: ArtifactKind, _ reason: AnchorReason, _ snapshot: FilePath, _ state: BackupState
    ) async throws -> Choice {
        guard let parent = kind.parent else { return Choice(rule: reason.rule) }
        if isFull { return Choice(rule: AnchorReason.requested.rule) }
        let path = machine.snapshots.appending(parent.description)
        guard pathExists(path) else {
            machine.reporter.say("the parent snapshot \(path) is gone: \(label) becomes a full one")
            return Choice(rule: AnchorReason.parentMissing(parent).rule)
        }
        let uuid = try await work.check(parent, label)
        do {
            try await work.requireFit(snapshot, path)
        } catch let wrong as SourceError {
            machine.reporter.say(wrong.description)
            return Choice(rule: AnchorReason.unfitIncrement(wrong.description).rule, unfit: wrong.description)
        }
        return Choice(parent: (parent, uuid), rule: reason.rule)
    }
}

import ArgumentParser
import Backup
import DurableFiles
import JournalFormat
import SystemPackage

/// The month's snapshot as an artifact: full or incremental as the policy wants, or full where an increment would not do.
struct MonthSealing {
    private let label: Label
    private let configuration: Configuration
    private let ledger: WorkstationLedger
    private let isFull: Bool

    init(_ label: Label, _ configuration: Configuration, _ ledger: WorkstationLedger, isFull: Bool) {
        (self.label, self.configuration, self.ledger, self.isFull) = (label, configuration, ledger, isFull)
    }

    /// What an artifact is made as, and why.
    private struct Choice {
        var parent: (label: Label, uuid: String)?
        var rule: String
        /// What an increment would have got wrong.
        var unfit: String?
    }

    /// - Returns: where the artifact is; nil for a dry run. What was sealed before is not sealed again.
    func run(expectBytes: Int?, ignoresSpace: Bool, isDry: Bool) async throws -> FilePath? {
        let state = try configuration.state()
        if let path = spooled(state) {
            Terminal.say("\(label) is sealed already")
            return path
        }
        let (kind, reason) = state.policy.next(label)
        try requireNotFuture(label, Clock.thisMonth(configuration.dataset))
        try checkPolicy(ArtifactName(label, kind), state)
        let snapshot = configuration.snapshots.appending(label.description)
        if isDry, !pathExists(snapshot) {
            Terminal.say("would seal \(label) as \(kind.type) (\(reason.rule)) once its snapshot is taken")
            return nil
        }
        let uuid = try await CheckSnapshotCommand.check(label, parentOf: nil, configuration, state)
        let choice = try await choose(kind, reason, snapshot, state)
        let type = choice.parent == nil ? "full" : "incr"
        Terminal.say("\(label) \(isDry ? "would become" : "becomes") \(type) (\(choice.rule))")
        if isDry { return nil }
        var words = [label.description, "--type", type, "--uuid", uuid, "--tree", snapshot.string]
        var producer = ["btrfs", "-q", "send"]
        if case .outbox = ledger { words.append("--outbox") }
        if let parent = choice.parent {
            words += ["--parent", parent.label.description, "--parent-uuid", parent.uuid]
            producer += ["-p", configuration.snapshots.appending(parent.label.description).string]
        }
        if choice.rule == AnchorReason.parentMissing(label).rule { words.append("--parent-missing") }
        if let unfit = choice.unfit { words += ["--unfit-increment", unfit] }
        if let expectBytes { words += ["--expect-bytes", "\(expectBytes)"] }
        if ignoresSpace { words.append("--ignore-space") }
        if let file = configuration.file { words += ["--config", file.string] }
        return try await SealCommand.parse(words + ["--"] + producer + [snapshot.string]).sealed()
    }

    private func spooled(_ state: BackupState) -> FilePath? {
        guard let sealed = state.sealed(label) else { return nil }
        let path = configuration.workstationState.appending("spool").appending(sealed.artifact.name.description)
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
        let path = configuration.snapshots.appending(parent.description)
        guard pathExists(path) else {
            Terminal.say("the parent snapshot \(path) is gone: \(label) becomes a full one")
            return Choice(rule: AnchorReason.parentMissing(parent).rule)
        }
        let uuid = try await CheckSnapshotCommand.check(parent, parentOf: label, configuration, state)
        do {
            try await CheckSourceCommand.checkIncrement(snapshot, since: path)
        } catch let wrong as Complaint where wrong.status == .refused {
            Terminal.say(wrong.message)
            return Choice(rule: AnchorReason.unfitIncrement(wrong.message).rule, unfit: wrong.message)
        }
        return Choice(parent: (parent, uuid), rule: reason.rule)
    }
}

import Age
import Backup
import BackupJournal
import DurableFiles
package import JournalFormat
import JournalStore
package import Machines
package import Mirror
import ObjectStore

/// Brings the mirror up to this server's journal. One push at a time uploads; others commit the journal meanwhile.
package struct MirrorPush {
    private let machine: Machine
    private let reader: MirrorReader

    /// - Parameter creates: whether the mirror's directory is made where there is none.
    package init(_ machine: Machine, creates: Bool = false) throws {
        let url = try machine.mirrorURL()
        self.machine = machine
        reader = MirrorReader(
            store: try creates ? machine.newStore(url) : machine.store(url),
            layout: MirrorLayout(dataset: machine.dataset), identities: try AgeKeyFiles(machine.server).read())
    }

    /// What it would send; nothing is changed.
    package func preview() throws -> PushPreview { try PushPreview(machine, reader) }

    /// What is there, checked against the journal; nothing is changed.
    package func check(isDeep: Bool) throws -> MirrorChecking {
        let lock = try FileLock.ofWork(machine.server.uploadsLock, "another push's upload")
        let checking = try MirrorChecking(machine, reader, isDeep: isDeep)
        lock.unlock()
        return checking
    }

    package func run(restoresCheckpoint: Bool, repair: Push.Repair) throws -> PushReport {
        let (server, reporter) = (machine.server, machine.reporter)
        if pathExists(server.unverifiedKit) {
            reporter.warn("no copy of the recovery kit was verified yet: devjournal kit verify COPY")
        }
        let push = Push(
            reader, recipients: try recipients(), root: server.root, restoresCheckpoint: restoresCheckpoint,
            repair: repair)
        var shown: (any ProgressMeter)?
        defer { shown?.finish() }
        let report = try push.run(turns: CommitTurns(machine), uploads: server.uploadsLock) {
            try machine.openJournal($0)
        } record: { command, journal in
            _ = try machine.record(command, in: &journal)
        } progress: { entry in
            shown?.finish()
            reporter.say("uploading \(entry.artifact.name), \(Plain.bytes(entry.artifact.bytes))")
            let meter = reporter.progress("uploading \(entry.artifact.name)", total: entry.artifact.bytes)
            shown = meter
            return { meter.reached(Int($0)) }
        }
        if let kept = report.keptCheckpoint {
            reporter.warn("the mirror's checkpoint could not be read and was replaced; it is kept as \(kept)")
        }
        return report
    }

    /// Commits what the journal has by now, and brings no artifact.
    ///
    /// - Parameter agreed: what the commit before has left.
    func commitJournal(_ turns: CommitTurns, _ agreed: inout Push.Agreement) throws -> PushReport {
        // Keys may have been replaced since the last time.
        let reader = MirrorReader(
            store: reader.store, layout: reader.layout, identities: try AgeKeyFiles(machine.server).read())
        let push = Push(reader, recipients: agreed.checkpoint == nil ? try recipients() : [], root: machine.server.root)
        return try push.runJournal(turns: turns, &agreed) { try machine.openJournal($0) }
    }

    /// Milliseconds between two commits, for the store's sake.
    var writesApart: Int { reader.store.writesOfKeyApart }

    private func recipients() throws -> [AgeRecipient] {
        let recipients = try machine.openJournal(.resuming(.anything)).replay.readableState().recipients
            .map { try AgeRecipient($0) }
        guard !recipients.isEmpty else { throw MirroringError.noRecipient }
        return recipients
    }
}

extension PushReport {
    /// Bytes of the artifacts.
    package var bytes: Int { uploaded.reduce(0) { $0 + $1.bytes } }

    /// What was left out, with what mends it; nil where nothing was.
    package var failure: MirroringError? {
        if unsound.isEmpty { return nil }
        var parts: [String] = []
        var remedies: [String] = []
        var lost: [BackupState.Entry] = []
        for artifact in unsound {
            let name = artifact.entry.artifact.name
            switch artifact.problem {
            case .here(let condition, isMirrored: true):
                parts.append("\(name) is \(condition.rawValue) here, and whole in the mirror")
                remedies.append("devjournal scrub --repair")
            case .here(let condition, isMirrored: false):
                parts.append("\(name) is \(condition.rawValue) here, and not mirrored")
                lost.append(artifact.entry)
            case .there:
                parts.append("the mirror has something else in the place of \(name)")
                remedies.append("devjournal push --repair")
            }
        }
        if !lost.isEmpty { remedies.append(ArtifactRepair.handOverHint(lost)) }
        return .leftOut(parts, remedies: remedies)
    }

    package var json: JSONObject {
        [
            "artifacts": .integer(uploaded.count), "bytes": .integer(bytes), "pieces": .integer(pieces),
            "unsound": .array(unsound.map { .object($0.json) }),
            "checkpoint": (checkpoint?.checkpoint.size).map { .integer($0) } ?? .null,
        ]
    }
}

extension UnsoundArtifact {
    fileprivate var json: JSONObject {
        let (result, isMirrored) =
            switch problem {
            case .here(let condition, let isMirrored): (condition.rawValue, isMirrored)
            case .there: ("ok", false)
            }
        return [
            "label": .string(entry.artifact.label.description), "result": .string(result),
            "mirrored": .bool(isMirrored),
        ]
    }
}

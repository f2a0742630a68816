import Artifacts
package import Backup
import Digest
import DurableFiles
import JournalFormat
package import Machines
import SystemPackage

/// What a workstation still has of labels that were withdrawn on the server: it is set aside, so that the month is
/// taken and sealed again, and nothing of it is handed over a second time.
package struct WithdrawnHere {
    private let machine: Machine

    package init(_ machine: Machine) {
        self.machine = machine
    }

    private var spool: FilePath { machine.workstationState.appending("spool") }

    package func setAside(_ state: BackupState) async throws {
        var seen: Set<Label> = []
        for withdrawal in state.withdrawals.reversed() where seen.insert(withdrawal.label).inserted {
            // One that was registered again since is here by right.
            if state.entries[withdrawal.label] != nil { continue }
            try setAsideArtifacts(of: withdrawal.label, state)
            try await setAsideSnapshot(of: withdrawal.label, state)
        }
        try setAsideOutdated(state)
    }

    /// What was sealed ahead of its time, as with a clock that was wrong, may start from a label that is not the last
    /// one any more: the server would refuse it for ever.
    private func setAsideOutdated(_ state: BackupState) throws {
        for text in try namesInDirectory(spool) ?? [] {
            guard let name = ArtifactName(text), let sealed = state.sealed(name.label)?.artifact, sealed.name == name,
                case .incremental = name.kind, state.entries[name.label] == nil,
                state.latest.map({ $0 < name.label }) ?? true, state.policy.next(name.label).kind != name.kind
            else { continue }
            let target = try keep(name, in: "outdated", sha256: sealed.sha256)
            machine.reporter.say("\(name) is not what is due for \(name.label) any more: it is kept as \(target)")
        }
    }

    /// With the catalogue that lies next to it.
    private func keep(_ name: ArtifactName, in directory: String, sha256: String) throws -> FilePath {
        let kept = spool.appending(directory).appending(sha256)
        try makeDirectories(kept, permissions: 0o700)
        let catalogue = "\(name.label).catalogue.zst.age"
        for text in [catalogue, name.description] where pathExists(spool.appending(text)) {
            try renameToNewName(spool.appending(text), kept.appending(text))
        }
        try synchronizeDirectory(spool)
        return kept.appending(name.description)
    }

    /// All that the spool has of the label, but for what was sealed since.
    private func setAsideArtifacts(of label: Label, _ state: BackupState) throws {
        for text in try namesInDirectory(spool) ?? [] {
            guard let name = ArtifactName(text), name.label == label else { continue }
            let file = spool.appending(text)
            let sha256 = try ArtifactFile.hash(file).sha256.hex
            if let sealed = state.sealed(label)?.artifact, sealed.name == name, sealed.sha256 == sha256 { continue }
            let target = try keep(name, in: "withdrawn", sha256: sha256)
            machine.reporter.say("\(label) was withdrawn on the server: its artifact is kept as \(target)")
        }
    }

    private func setAsideSnapshot(of label: Label, _ state: BackupState) async throws {
        let path = machine.snapshots.appending(label.description)
        guard pathExists(path), let subvolume = try await Btrfs(machine.effects.programs).show(path),
            state.snapshots[label].map({ !subvolume.isNamed($0.uuid) }) ?? true
        else { return }
        // Another one than the withdrawn may have been taken since, by a run that was interrupted before it said so.
        let withdrawn = state.withdrawals.filter { $0.label == label }.map(\.uuid)
        guard withdrawn.contains(where: { $0.map { subvolume.isNamed($0) } ?? true }) else { return }
        let target = path.sibling("\(label).withdrawn-\(subvolume.uuid)")
        try renameToNewName(path, target)
        machine.reporter.say("\(label) was withdrawn on the server: its snapshot is kept as \(target)")
    }
}

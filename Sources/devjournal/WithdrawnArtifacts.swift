import Artifacts
import Backup
import Digest
import DurableFiles
import JournalFormat
import Machines
import SystemPackage

/// What is left on the server of artifacts that were withdrawn: it is set aside, under a name with a hash or a UUID,
/// and nothing is deleted. Whatever interrupts it, it continues from where it was when it is called again.
struct WithdrawnArtifacts {
    private let machine: Machine

    init(_ machine: Machine) {
        self.machine = machine
    }

    private var server: ServerTree { machine.server }

    /// Artifacts, and the catalogues that go with them, below `artifacts/withdrawn`.
    func setAsideFiles(_ state: BackupState) throws {
        var seen: Set<String> = []
        // Under a name that was withdrawn twice stands what came last.
        for withdrawal in state.withdrawals.reversed() where seen.insert(withdrawal.localPath).inserted {
            let label = withdrawal.label
            // A label that was registered again has files of its own; the old ones went before they came.
            if state.entries[label] != nil { continue }
            let artifact = server.root.appending(withdrawal.localPath)
            let isMoved = try !isSealedAnew(artifact, withdrawal.name, state) && move(artifact, of: withdrawal)
            if isMoved || state.sealed(label) == nil { _ = try move(server.catalogue(of: label), of: withdrawal) }
        }
    }

    /// Whether it is what has been sealed under that name since, placed by a registration that did not get any further.
    private func isSealedAnew(_ path: FilePath, _ name: ArtifactName, _ state: BackupState) throws -> Bool {
        guard let sealed = state.sealed(name.label)?.artifact, sealed.name == name,
            let status = try? path.stat(followTargetSymlink: false), status.type == .regular,
            Int(status.size) == sealed.bytes
        else { return false }
        return try ArtifactFile.hash(path).sha256.hex == sealed.sha256
    }

    /// - Returns: whether it was there.
    private func move(_ file: FilePath, of withdrawal: Withdrawal) throws -> Bool {
        guard (try? file.stat(followTargetSymlink: false)) != nil else { return false }
        let name = file.lastComponent?.string ?? "artifact"
        var target = server.withdrawn.appending(withdrawal.sha256).appending(name)
        do throws(FileFailure) {
            target = try move(file, to: target)
        } catch {
            // The artifacts are on another disk than the directory above them.
            guard error.errno == .improperLink else { throw error }
            target = try move(file, to: file.sibling("withdrawn").appending(withdrawal.sha256).appending(name))
        }
        try synchronizeDirectory(file.removingLastComponent())
        Terminal.say("\(file) is kept as \(target)")
        return true
    }

    private func move(_ file: FilePath, to target: FilePath) throws(FileFailure) -> FilePath {
        try makeDirectories(target.removingLastComponent())
        do throws(FileFailure) {
            try renameToNewName(file, target)
            return target
        } catch {
            guard error.errno == .fileExists else { throw error }
        }
        let other = target.sibling("\(target.lastComponent?.string ?? "").\(Clock.now().milliseconds)")
        try renameToNewName(file, other)
        return other
    }

    /// Received snapshots, by root: each gets another name in its own directory, as a read-only one can have no other.
    func setAsideSnapshots(_ state: BackupState) async throws {
        let root = RootAccess(machine)
        var seen: Set<Label> = []
        for withdrawal in state.withdrawals where withdrawal.restoredPath != nil {
            let label = withdrawal.label
            // What stands there now may have been received since, for the same label.
            guard state.restored[label] == nil, seen.insert(label).inserted,
                let there = try await root.subvolume(label)
            else { continue }
            if let uuid = state.entries[label]?.stream?.uuid, there.isNamed(uuid) { continue }
            let kept = try await root.withdraw(label)
            Terminal.say("the received snapshot of \(label) is kept as \(kept)")
        }
    }

    /// The working copy that was a withdrawn label's becomes the newest remaining one's; edits are kept as ever.
    func returnWorkingCopy(_ state: BackupState) async throws {
        guard machine.updatesWorktree, state.worktree == nil,
            state.withdrawals.contains(where: \.wasFollowed)
        else { return }
        guard let latest = state.latest else {
            return Terminal.warn("no label is left for the working copy \(machine.code); it stays as it is")
        }
        Terminal.say("the working copy returns to \(latest)")
        _ = try await ServerRestore(machine).runLocked(try RestorePlan(latest, state))
    }
}

extension Btrfs.Subvolume {
    /// Whether send streams name it by that UUID.
    func isNamed(_ uuid: String) -> Bool { receivedUUID == uuid || self.uuid == uuid }
}

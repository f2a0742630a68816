package import Backup
import Digest
import DurableFiles
import JournalFormat
package import Machines
import SystemPackage

/// The files that the server still has of artifacts that were withdrawn: they are set aside, under their hash, and nothing
/// is deleted. Whatever interrupts it, it continues from where it was when it is called again.
package struct WithdrawnFiles {
    private let machine: Machine

    package init(_ machine: Machine) {
        self.machine = machine
    }

    private var server: ServerTree { machine.server }

    /// Artifacts, and the catalogues that go with them, below `artifacts/withdrawn`.
    package func setAside(_ state: BackupState) throws {
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
        machine.reporter.say("\(file) is kept as \(target)")
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
        let other = target.sibling("\(target.lastComponent?.string ?? "").\(machine.now().nameText)")
        try renameToNewName(file, other)
        return other
    }
}

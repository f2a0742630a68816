package import Backup
import CLinux
package import DurableFiles
import Glibc
import JournalFormat
package import Machines
package import SystemPackage

/// Where rsync puts what a workstation sends, one file for each artifact.
///
/// Its lock is held by the rsync that writes there, for as long as it runs, and by the process that looks at what has
/// arrived.
package struct IncomingDirectory {
    /// How long a part that has arrived waits to be continued. A workstation continues with it whenever LS is in reach
    /// again, which is a matter of days; what nobody has added to for so long nobody will.
    package static let patience = 14 * 86_400

    /// The sender's connection may have just broken: its rsync ends a moment later.
    private static let waits = 30

    private let server: ServerTree

    package init(_ server: ServerTree) {
        self.server = server
    }

    package var path: FilePath { server.incoming }

    package func contains(_ file: FilePath) -> Bool {
        file.lexicallyNormalized().removingLastComponent() == path.lexicallyNormalized()
    }

    /// - Parameter isPatient: whether a moment is waited for it.
    package func lock(isPatient: Bool) throws -> FileLock {
        for _ in 0..<(isPatient ? Self.waits : 1) {
            if let lock = try FileLock.tryLock(server.locks.appending("incoming.lock")) { return lock }
            if isPatient { usleep(100_000) }
        }
        throw RegistrationError.transferRunning
    }

    /// Removes what nobody needs there. The caller holds the lock.
    ///
    /// - Parameter kept: the file that is dealt with just now.
    package func clear(_ state: BackupState, keeping kept: ArtifactName) throws {
        let now = server.effects.clock.now().milliseconds / 1000
        for name in try namesInDirectory(path) ?? [] where name != kept.description {
            let file = path.appending(name)
            guard let status = try? file.stat(followTargetSymlink: false), status.type != .directory else { continue }
            let age = now - Int(status.st_mtim.tv_sec)
            guard age > Self.patience || isUseless(name, state) else { continue }
            try removeFile(file)
            server.reporter.say("\(file) was removed: nothing waits for it")
        }
    }

    /// Only what is announced and not safely here is ever continued. What has no artifact's name may be a file that
    /// goes with one; it has its time.
    private func isUseless(_ text: String, _ state: BackupState) -> Bool {
        guard let name = ArtifactName(text) else { return false }
        guard state.announced(name) != nil else { return true }
        let announced = (state.sealings[name.label] ?? []).map(\.artifact).filter { $0.name == name }
        let isWithdrawn = announced.allSatisfy { one in state.withdrawals.contains { $0.sha256 == one.sha256 } }
        if isWithdrawn && state.entries[name.label] == nil { return true }
        guard let entry = state.entries[name.label] else { return false }
        return entry.condition == .ok && server.condition(of: entry) == .ok
    }
}

extension ServerTree {
    /// The registered artifacts that no mirror has, and which are missing or damaged here, or their catalogues.
    package func lacking(_ state: BackupState) -> [ArtifactName: String] {
        var lacking: [ArtifactName: String] = [:]
        for entry in state.entries.values where entry.objectKey == nil {
            let catalogue = (try? Catalogues(self).condition(of: entry)) ?? nil
            let found = [condition(of: entry), catalogue].compactMap(\.self).first { $0 != .ok }
            if let found { lacking[entry.artifact.name] = found.rawValue }
        }
        return lacking
    }

    /// What a look at an artifact's file tells without reading it, and what the last check has found.
    package func condition(of entry: BackupState.Entry) -> BackupState.Condition {
        guard let status = try? root.appending(entry.localPath).stat() else { return .missing }
        guard status.type == .regular, Int(status.size) == entry.artifact.bytes else { return .damaged }
        // A file that was found missing is there again: what it holds the next check says.
        return entry.condition == .damaged ? .damaged : .ok
    }
}

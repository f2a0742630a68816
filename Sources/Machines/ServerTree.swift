package import Backup
package import BackupJournal
package import DurableFiles
import Glibc
package import JournalFormat
package import JournalStore
package import SystemPackage

/// Where the server keeps things below `LS_ROOT`. Scripts and people rely on these names: they never change.
package struct ServerTree: Sendable {
    package let root: FilePath
    package let dataset: String
    package let effects: Effects

    package init(root: FilePath, dataset: String, effects: Effects) {
        self.root = root
        self.dataset = dataset
        self.effects = effects
    }

    package var journal: JournalDirectory {
        let path = root.appending("journal")
        return JournalDirectory(path) { [reporter] in
            reporter.warn(
                "the disk of \(path) is full: the ballast of \(Plain.bytes(Ballast.size)) was given up for the journal; "
                    + "make room soon")
        }
    }
    package var reporter: any Reporter { effects.reporter }
    package var manifests: FilePath { root.appending("manifests") }
    package var keys: FilePath { root.appending("keys") }
    package var temporary: FilePath { root.appending("tmp") }
    package var locks: FilePath { root.appending("locks") }
    package var received: FilePath { root.appending("restore/worktree_receive") }
    /// Where rsync puts what a workstation sends.
    package var incoming: FilePath { temporary.appending("incoming") }
    /// Where artifacts go that were withdrawn, each below its hash.
    package var withdrawn: FilePath { root.appending("artifacts/withdrawn") }
    package func catalogue(of label: Label) -> FilePath { root.appending(label.cataloguePath) }
    /// What an operator has said may be restored, where the server asks for that.
    package var releases: FilePath { temporary.appending("released") }

    package var projections: ProjectionFiles { ProjectionFiles(manifests) }
    package var ageIdentity: FilePath { keys.appending("ls_\(dataset)_backup.key") }
    package var ageRecipient: FilePath { keys.appending("ls_\(dataset)_backup.pub") }
    package var sequencerKey: FilePath { keys.appending("sequencer.key") }
    /// Which root opened the journal that belongs here: what `verify` starts from.
    package var rootFingerprint: FilePath { keys.appending("root.fingerprint") }
    /// A change of the sequencer's key that is on its way.
    package var rotation: FilePath { keys.appending("rotation") }
    /// There until a copy of the kit outside the server was verified.
    package var unverifiedKit: FilePath { keys.appending("kit-unverified") }
    package var journalLock: FilePath { locks.appending("journal.lock") }
    /// For a commit of the journal to the mirror, which takes seconds.
    package var mirrorLock: FilePath { locks.appending("mirror.lock") }
    /// For uploads to the mirror, which may take days and hold up no commit.
    package var uploadsLock: FilePath { locks.appending("uploads.lock") }
    /// For who commits the journal to the mirror as it grows.
    package var followLock: FilePath { locks.appending("follow.lock") }
    package var scrubLock: FilePath { locks.appending("scrub.lock") }
    package var restoreLock: FilePath { locks.appending("restore.lock") }

    /// Makes what is missing. None of it is for every user of the machine; keys and locks are nobody else's business.
    /// What was received holds set-user-ID files, and files that were private by the directory above them: only root
    /// makes that directory, and only root works there.
    package func makeDirectories() throws(FileFailure) {
        try DurableFiles.makeDirectories(root.removingLastComponent())
        try DurableFiles.makeDirectories(root, permissions: 0o750)
        for name in ["artifacts/anchors", "artifacts/incr", "artifacts/withdrawn", "catalogues", "manifests", "logs"] {
            try DurableFiles.makeDirectories(root.appending(name), permissions: 0o750)
        }
        for name in ["keys", "tmp", "locks"] {
            try DurableFiles.makeDirectories(root.appending(name), permissions: 0o700)
        }
        if isRoot { try DurableFiles.makeDirectories(received, permissions: 0o700) }
    }

    /// What root writes in another user's repository that user could not continue with.
    package func refuseOtherUser() throws {
        // The directory above it is root's, where init_LS.sh made it.
        guard isRoot, let owner = try? journal.path.stat(followTargetSymlink: false).userID, owner.rawValue != 0 else {
            return
        }
        throw MachineError.journalOfAnotherUser(journal.path, account: Self.user)
    }

    /// Whom init_LS.sh gives the repository to.
    private static let user = "devjournal"

    package func pinnedRoot() throws -> KeyID? {
        guard pathExists(rootFingerprint) else { return nil }
        guard let id = try KeyID.read(rootFingerprint) else {
            throw MachineError.malformed(rootFingerprint, "no fingerprint")
        }
        return id
    }

    package func pin(_ root: KeyID) throws(FileFailure) {
        try writeFileAtomically(rootFingerprint, Array("\(root)\n".utf8))
    }
}

import Backup
import BackupJournal
import DurableFiles
import Glibc
import JournalFormat
import JournalStore
import SystemPackage

/// Where the server keeps things (specification, section 8).
struct ServerTree {
    let root: FilePath
    let dataset: String

    var journal: JournalDirectory {
        let path = root.appending("journal")
        return JournalDirectory(path) {
            Terminal.warn(
                "the disk of \(path) is full: the ballast of \(Terminal.bytes(Ballast.size)) was given up for the journal; "
                    + "make room soon")
        }
    }
    var manifests: FilePath { root.appending("manifests") }
    var keys: FilePath { root.appending("keys") }
    var temporary: FilePath { root.appending("tmp") }
    var locks: FilePath { root.appending("locks") }
    var received: FilePath { root.appending("restore/worktree_receive") }
    /// What is received there; root's own.
    var snapshots: SnapshotDirectory { SnapshotDirectory(path: received, staging: received.sibling("receiving")) }
    /// Where rsync puts what a workstation sends.
    var incoming: FilePath { temporary.appending("incoming") }
    /// Where artifacts go that were withdrawn, each below its hash.
    var withdrawn: FilePath { root.appending("artifacts/withdrawn") }
    func catalogue(of label: Label) -> FilePath { root.appending(label.cataloguePath) }
    /// What an operator has said may be restored, where the server asks for that.
    var releases: FilePath { temporary.appending("released") }

    var projections: ProjectionFiles { ProjectionFiles(manifests) }
    var ageIdentity: FilePath { keys.appending("ls_\(dataset)_backup.key") }
    var ageRecipient: FilePath { keys.appending("ls_\(dataset)_backup.pub") }
    var sequencerKey: FilePath { keys.appending("sequencer.key") }
    /// Which root opened the journal that belongs here: what `verify` starts from.
    var rootFingerprint: FilePath { keys.appending("root.fingerprint") }
    /// A change of the sequencer's key that is on its way.
    var rotation: FilePath { keys.appending("rotation") }
    /// There until a copy of the kit outside the server was verified.
    var unverifiedKit: FilePath { keys.appending("kit-unverified") }
    var journalLock: FilePath { locks.appending("journal.lock") }
    var mirrorLock: FilePath { locks.appending("mirror.lock") }
    var scrubLock: FilePath { locks.appending("scrub.lock") }
    var restoreLock: FilePath { locks.appending("restore.lock") }
    var sessions: ServedSessions {
        ServedSessions(locks.appending("sessions"), lock: locks.appending("sessions.lock"))
    }

    /// A step of a plan, whether its artifact is here, and what is known of it.
    func json(_ entry: BackupState.Entry) -> JSONObject {
        var json = entry.json
        let condition = condition(of: entry)
        json["present"] = .bool(condition != .missing)
        json["condition"] = .string(condition.rawValue)
        let catalogue = (try? Catalogues(self).condition(of: entry)) ?? nil
        json["catalogue"] = catalogue.map { .string($0.rawValue) } ?? .null
        return json
    }

    /// Makes what is missing. None of it is for every user of the machine; keys and locks are nobody else's business. What
    /// was received holds set-user-ID files, and files that were private by the directory above them: only root makes
    /// that directory, and only root works there.
    func makeDirectories() throws(FileFailure) {
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

    /// What root writes in another user's repository that user could not go on with.
    func refuseOtherUser() throws {
        // The directory above it is root's, where init_LS.sh made it.
        guard isRoot, let owner = try? journal.path.stat(followTargetSymlink: false).userID, owner.rawValue != 0 else {
            return
        }
        throw Complaint(
            "\(journal.path) is another user's, who could not go on with what root writes there",
            hint: "run it as that user, such as: sudo -u \(Self.user) devjournal …", .refused)
    }

    /// Whom init_LS.sh gives the repository to.
    private static let user = "devjournal"

    func pinnedRoot() throws -> KeyID? {
        guard pathExists(rootFingerprint) else { return nil }
        let text = String(decoding: try readFile(rootFingerprint, limit: 64), as: UTF8.self)
        guard let id = KeyID(String(text.prefix { !$0.isNewline })) else {
            throw Complaint("\(rootFingerprint) holds no fingerprint", .damaged)
        }
        return id
    }

    func pin(_ root: KeyID) throws(FileFailure) {
        try writeFileAtomically(rootFingerprint, Array("\(root)\n".utf8))
    }
}

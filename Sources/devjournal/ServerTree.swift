import Backup
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

    /// A step of a plan, and whether its artifact is here.
    func json(_ entry: BackupState.Entry) -> JSONObject {
        var json = entry.json
        json["present"] = .bool(pathExists(root.appending(entry.localPath)))
        return json
    }

    /// Makes what is missing. Keys and locks are nobody else's business; what was received holds set-user-ID files, and
    /// files that were private by the directory above them.
    func makeDirectories() throws(FileFailure) {
        try DurableFiles.makeDirectories(root)
        for name in ["artifacts/anchors", "artifacts/incr", "manifests", "logs"] {
            try DurableFiles.makeDirectories(root.appending(name))
        }
        for name in ["keys", "tmp", "locks", "restore/worktree_receive"] {
            try DurableFiles.makeDirectories(root.appending(name), permissions: 0o700)
        }
    }

    /// What root writes in another user's repository that user could not go on with.
    func refuseOtherUser() throws {
        guard geteuid() == 0, let owner = try? root.stat().userID, owner.rawValue != 0 else { return }
        throw Complaint(
            "\(root) is another user's, who could not go on with what root writes there",
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

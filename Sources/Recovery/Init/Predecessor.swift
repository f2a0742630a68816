import Age
package import Backup
import BackupJournal
import Digest
import DurableFiles
import Glibc
import JournalFormat
package import JournalStore
package import Machines
import Mirror
import ObjectStore
package import SystemPackage

/// The journal that a new one is to succeed: its lines as somebody kept them, judged with every signature under the
/// root that a person has named, in a directory next to the final one.
package struct Predecessor {
    package let succession: Succession
    private let staged: JournalDirectory

    /// - Parameters:
    ///   - file: the lines of all records, from the first on.
    ///   - root: the fingerprint of a root that must vouch for them.
    ///   - heads: a file of signed checkpoints that must fit.
    /// - Throws: a complaint; nothing is left then.
    package init(
        _ file: FilePath, root: String, heads headsFile: String?, reason: String, thisMonth: Label,
        staging: FilePath
    ) throws {
        let pinned = try KeyID(typed: root)
        let bytes = try Account.given(file, limit: 1 << 32)
        guard let last = bytes.last else { throw InitError.noRecords(file) }
        guard last == UInt8(ascii: "\n") else {
            throw InitError.cutLine(file)
        }
        let heads =
            try headsFile.map { try WitnessHeads.parse(try Account.given(FilePath($0), limit: 1 << 20), $0) } ?? []
        staged = JournalDirectory(staging)
        try Self.remove(staging)
        do {
            try staged.write(lines: bytes)
            let judged = try Self.judge(staged, file, pinned, heads)
            succession = try Succession(
                of: judged.head, judged.state, dataset: thisMonth.dataset,
                source: .init(
                    bytes: bytes.count, sha256: SHA256.hash(bytes.span).hex,
                    checkpoint: judged.covering?.checkpoint.size), reason: reason,
                thisMonth: thisMonth)
            if let covering = judged.covering {
                try writeNewFile(
                    staged.checkpointPath, Array(covering.note.utf8),
                    permissions: [.ownerRead, .groupRead])
            }
        } catch {
            try? Self.remove(staging)
            throw error
        }
    }

    private struct Judged {
        package let head: Succession.Head
        package let state: BackupState
        /// The newest of the heads.
        package let covering: SignedCheckpoint?
    }

    private static func judge(
        _ staged: JournalDirectory, _ file: FilePath, _ root: KeyID, _ heads: [SignedCheckpoint]
    ) throws -> Judged {
        do {
            return try judged(staged.replay(pinnedRoot: root, heads: heads, signatures: .all), root, heads)
        } catch JournalError.damaged(let damage) {
            throw InitError.linesDamaged(damage, file, root: root)
        }
    }

    private static func judged(
        _ replay: borrowing Replay, _ root: KeyID, _ heads: [SignedCheckpoint]
    ) throws -> Judged {
        guard replay.tail == nil, let log = replay.verifier.log else {
            throw JournalError.damaged(DamageError(record: replay.verifier.size + 1, .tornTail))
        }
        // One that an accepted cut has left covers nothing of this history.
        var covering: SignedCheckpoint?
        for head in heads where head.checkpoint.size > covering?.checkpoint.size ?? 0 {
            if replay.fits(head) { covering = head }
        }
        return Judged(
            head: Succession.Head(
                log: log, root: root, epoch: replay.verifier.epoch, size: replay.verifier.size,
                head: replay.verifier.head, merkleRoot: replay.verifier.tree.root()),
            state: try replay.readableState(), covering: covering)
    }

    /// Puts the lines in their place for ever. What an interrupted init has put there already is the same or refused.
    package func keep(in journal: JournalDirectory) throws {
        let place = journal.predecessor(succession.old.log)
        try makeDirectories(place.path.removingLastComponent())
        if pathExists(place.path) {
            guard try journal.judgePredecessor(succession) == .sound else {
                throw InitError.otherLines(place.path)
            }
            try discard()
        } else {
            try renameToNewName(staged.path, place.path)
        }
        try synchronizeDirectory(journal.path)
    }

    package func discard() throws { try Self.remove(staged.path) }

    private static func remove(_ staging: FilePath) throws {
        for name in try namesInDirectory(staging) ?? [] { try removeFile(staging.appending(name)) }
        _ = unsafe rmdir(staging.string)
    }

    /// A new journal's mirror has a prefix of its own: what is in the old one stays as it is, and can neither be read
    /// nor gone on with.
    package func refuseOldMirror(_ machine: Machine) throws {
        guard let url = machine.mirror else { return }
        let store = try machine.newStore(url)
        let isOld = succession.stores.contains(store.url)
        if !isOld, try store.head(try MirrorLayout(dataset: machine.dataset).checkpoint()) == nil { return }
        throw InitError.mirrorOfPredecessor(url, isOld: isOld)
    }

    /// Where the old journal's age key is here, its artifacts can be opened, and the journal must not say the opposite.
    package func refuseOldIdentity(_ server: ServerTree) throws {
        guard pathExists(server.ageIdentity) else { return }
        let there = try AgeKeyFiles(server).read().map(\.recipient.description)
        guard there.contains(where: succession.recipients.contains) else { return }
        throw InitError.oldAgeKey(server.ageIdentity)
    }

    package func tell(_ reporter: any Reporter) {
        let old = succession.old
        reporter.say("this journal succeeds \(old.log), whose \(Plain.counted(old.size, "record")) are kept")
        reporter.warn(succession.lost)
    }
}

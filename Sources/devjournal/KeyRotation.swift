import Age
import Backup
import BackupJournal
import DurableFiles
import Glibc
import JournalFormat
import JournalStore
import Mirror
import ObjectStore
import RecoveryKit
import SystemPackage

/// Changes this server's sequencer key, and with it perhaps the root: a new epoch without a wipe.
///
/// What the epoch begins with is made, then claimed at the mirror, then written to the journal, and last the new key
/// takes its place. A claim that was made cannot be taken back, so before it everything is kept in `keys/rotation/`;
/// while that directory is complete nobody else appends, and the command, run again, goes on from there.
struct KeyRotation {
    private let configuration: Configuration

    init(_ configuration: Configuration) {
        self.configuration = configuration
    }

    private var server: ServerTree { configuration.server }
    private var pending: PendingRotation { PendingRotation(server.rotation) }

    /// Finishes a rotation that was interrupted.
    ///
    /// - Returns: whether there was one.
    func resume() throws -> Bool {
        guard let (start, sequencer, root) = try pending.read() else {
            try pending.remove()
            return false
        }
        Terminal.say("going on with the rotation that was interrupted")
        let lock = try lockMirror()
        // Interrupted behind the lines, the journal may be under a root that is not pinned here yet.
        let replay = try server.journal.replay()
        try requireRoot(of: replay, or: root)
        if replay.verifier.keyring.sequencer != sequencer.id {
            let journal = try openJournal()
            try claim(start, for: journal, sequencer, root: root)
            try journal.directory.write(start)
        }
        try finish(start, root)
        lock?.unlock()
        return true
    }

    /// - Parameter make: makes the lines from the journal as it is; `current` is the sequencer so far.
    func run(
        root: KeyID, _ make: (inout Replay, _ current: JournalKey, _ next: JournalKey) throws -> EpochStart
    ) throws {
        let lock = try lockMirror()
        guard let current = try KeyFile.read(server.sequencerKey, role: .sequencer) else {
            throw JournalError.keyMissing(.sequencer)
        }
        let journal = try openJournal()
        let next = KeyFile.generate(.sequencer)
        var replay = try server.journal.replay(pinnedRoot: try server.pinnedRoot(), growsTree: true)
        let start = try make(&replay, current, next)
        try claim(start, for: journal, next, root: root)
        try journal.directory.write(start)
        try finish(start, root)
        lock?.unlock()
    }

    private func requireRoot(of replay: borrowing Replay, or new: KeyID) throws {
        guard let pinned = try server.pinnedRoot() else { return }
        let vouching = replay.verifier.vouchingRoots
        guard vouching.contains(pinned) || vouching.contains(new) else {
            throw JournalError.damaged(Damage(record: 1, .root))
        }
    }

    private func openJournal() throws -> Journal {
        guard let current = try KeyFile.read(server.sequencerKey, role: .sequencer) else {
            throw JournalError.keyMissing(.sequencer)
        }
        return try Journal.open(
            server.journal, lock: server.journalLock, sequencer: current, pinnedRoot: try server.pinnedRoot(),
            clock: configuration.clock())
    }

    private func lockMirror() throws -> FileLock? {
        try FileLock.ofWork(server.mirrorLock, "a push or another rotation")
    }

    private func claim(
        _ start: EpochStart, for journal: borrowing Journal, _ sequencer: JournalKey, root: KeyID
    ) throws {
        guard let url = configuration.mirror else {
            try pending.write(start, sequencer, root)
            return
        }
        let reader = MirrorReader(
            store: try configuration.store(url), layout: MirrorLayout(dataset: configuration.dataset),
            identities: try AgeKeyFiles(server).read())
        var recipients: [AgeRecipient] = []
        for text in try journal.replay.readableState().recipients { recipients.append(try AgeRecipient(text)) }
        let push = Push(reader, recipients: recipients, root: server.root)
        do {
            try push.claim(start, for: journal) { try pending.write(start, sequencer, root) }
        } catch let error as MirrorError {
            switch error {
            case .overtaken, .newerEpoch, .forked, .mirrorIsAhead, .otherJournal:
                // Somebody else's checkpoint is there: the claim was not made and cannot be made.
                try pending.remove()
                throw error
            default:
                guard try pending.read() != nil else { throw error }
                throw Complaint(
                    "it is not known whether the new epoch was claimed: \(error)",
                    hint: "nothing can be appended until the same command, run again, has finished", .mirror)
            }
        }
        Terminal.say("epoch \(start.signed.checkpoint.epoch) is claimed at \(url)")
    }

    /// The journal is in the new epoch: its key takes its place.
    private func finish(_ start: EpochStart, _ root: KeyID) throws {
        try pending.installKey(as: server.sequencerKey)
        if try server.pinnedRoot() != root { try server.pin(root) }
        try pending.remove()
        try server.projections.write(try configuration.state())
        Terminal.say("epoch \(start.signed.checkpoint.epoch) began; the sequencer's key is new, the old one is retired")
    }
}

/// A rotation on its way, in a directory of its own: `lines`, `root` and `sequencer.key`, and when these are complete
/// `checkpoint`.
struct PendingRotation {
    private let directory: FilePath

    init(_ directory: FilePath) {
        self.directory = directory
    }

    private var key: FilePath { directory.appending("sequencer.key") }
    private var lines: FilePath { directory.appending("lines") }
    private var root: FilePath { directory.appending("root") }
    private var checkpoint: FilePath { directory.appending("checkpoint") }

    var isComplete: Bool { pathExists(checkpoint) }

    func write(_ start: EpochStart, _ sequencer: JournalKey, _ rootID: KeyID) throws {
        if isComplete { return }
        try remove()
        try makeDirectories(directory, permissions: 0o700)
        try KeyFile.write(sequencer, to: key)
        try writeFileAtomically(root, Array("\(rootID)\n".utf8))
        try writeFileAtomically(lines, Array(start.lines.joined()))
        try writeFileAtomically(checkpoint, Array(start.signed.note.utf8))
    }

    /// Nil where there is none, or one that had not come as far as to be claimed.
    func read() throws -> (start: EpochStart, sequencer: JournalKey, root: KeyID)? {
        guard isComplete else { return nil }
        let signed: SignedCheckpoint
        do { signed = try SignedCheckpoint(note: try readFile(checkpoint, limit: 1 << 16)) } catch {
            throw Complaint("\(checkpoint) cannot be read: \(error)", .damaged)
        }
        var parts: [[UInt8]] = [[]]
        for byte in try readFile(lines, limit: 1 << 20) {
            parts[parts.count - 1].append(byte)
            if byte == UInt8(ascii: "\n") { parts.append([]) }
        }
        parts.removeLast()
        let text = String(decoding: try readFile(root, limit: 64), as: UTF8.self)
        // Once installed the key is no longer here.
        let place = pathExists(key) ? key : directory.removingLastComponent().appending("sequencer.key")
        guard !parts.isEmpty, let rootID = KeyID(String(text.prefix { !$0.isNewline })),
            let sequencer = try KeyFile.read(place, role: .sequencer)
        else { throw Complaint("\(directory) is not complete", .damaged) }
        return (
            EpochStart(firstSeq: signed.checkpoint.size - parts.count + 1, lines: parts, signed: signed), sequencer,
            rootID
        )
    }

    /// Renames the key over the old one: at no moment is there none.
    func installKey(as path: FilePath) throws {
        guard pathExists(key) else { return }
        guard unsafe rename(key.string, path.string) == 0 else {
            throw Complaint("\(key) cannot be renamed to \(path)", .failed)
        }
        try synchronizeDirectory(path.removingLastComponent())
    }

    func remove() throws {
        // The file that makes it complete goes first; a write that was interrupted may have left another.
        try removeFile(checkpoint)
        for name in try namesInDirectory(directory) ?? [] { try removeFile(directory.appending(name)) }
        _ = unsafe rmdir(directory.string)
    }
}

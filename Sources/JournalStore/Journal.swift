internal import DurableFiles
package import JournalFormat
package import SystemPackage

/// A journal open for appending, under a lock that all appenders share.
///
/// Opening replays it, or takes up what the last append has left in the cache. A line is acknowledged only after
/// `fdatasync(2)` has returned 0 for it; what fails before that leaves the file as it was, and a sync that fails poisons
/// the journal, because the kernel may have dropped the bytes and would call the next sync a success. The lock may be free
/// again while the lines are made durable (`WrittenLines`): others append after them, and one sync serves all.
package struct Journal: ~Copyable {
    /// How much of it is read before something is appended.
    package enum Opening: Sendable {
        /// Every record: for what speaks of the journal as a whole, and for what is done once a month.
        case reading
        /// What the cache holds, where it fits: an append then costs the same however long the journal is.
        case resuming(Purpose)
    }

    /// What is to be appended.
    package enum Purpose: Sendable {
        /// A line that leaves the state as it is.
        case line
        /// Many such lines.
        case manyLines
        /// Any line: the state is needed, to decide by it or to change it.
        case anything
    }

    package let directory: JournalDirectory
    package internal(set) var replay: Replay
    let sequencer: JournalKey
    let lockPath: FilePath
    private let lock: FileLock
    let clock: ClockRule
    /// Records that stand in the files. The replay is ahead of them after an append that failed.
    var written: Int

    /// Opens an existing journal.
    ///
    /// - Parameters:
    ///   - sequencer: must be the current epoch's, or nothing is appended.
    ///   - clock: this machine's when the command began; where it is far from the last record, nothing is appended.
    package static func open(
        _ directory: JournalDirectory, _ opening: Opening, lock lockPath: FilePath, sequencer: JournalKey,
        pinnedRoot: KeyID?, clock: ClockRule
    ) throws(JournalError) -> Journal {
        guard pathExists(directory.path) else { throw .missing(directory.path) }
        let lock = try orFile { () throws(FileFailure) in try FileLock(lockPath) }
        let isPoisoned = pathExists(directory.poisonPath)
        if isPoisoned, !directory.isRewritten { throw .poisoned(directory.poisonPath) }
        if !isPoisoned, case .resuming(let purpose) = opening,
            let replay = JournalCache(directory, sequencer: sequencer).read(pinnedRoot: pinnedRoot, for: purpose),
            try directory.isCertain(size: replay.verifier.size)
        {
            return Journal(holding: lock, lockPath, directory, replay, sequencer, clock)
        }
        guard try directory.hasRecords() else { throw .missing(directory.path) }
        let replay = try directory.replayForAppending(pinnedRoot: pinnedRoot)
        guard replay.verifier.keyring.sequencer == sequencer.id else { throw .foreignKey(.sequencer) }
        var journal = Journal(holding: lock, lockPath, directory, replay, sequencer, clock)
        do throws(JournalError) {
            try journal.repairTornTail()
            if try !directory.isCertain() { try directory.rewriteLastSegment() }
            if isPoisoned { try journal.recordRewrite() }
        } catch {
            throw error.beforeRecording
        }
        return journal
    }

    private init(
        holding lock: consuming FileLock, _ lockPath: FilePath, _ directory: JournalDirectory,
        _ replay: consuming Replay, _ sequencer: JournalKey, _ clock: ClockRule
    ) {
        self.lock = lock
        self.lockPath = lockPath
        self.directory = directory
        self.sequencer = sequencer
        self.clock = clock
        written = replay.verifier.size
        self.replay = replay
    }

    package var log: EventID {
        guard let log = replay.verifier.log else { preconditionFailure("an open journal has records") }
        return log
    }

    /// Records so far: the version a writer expects.
    package var size: Int { replay.verifier.size }

    /// Lets others append. Call it before anything is printed: the reader of that output may be slow.
    package consuming func close() {}

    /// Complains of what `append` would complain of, whatever that author had to say: before something is made that is
    /// of no use unrecorded.
    package func requireReady(for author: JournalKey) throws(JournalError) {
        if let refusal = replay.refusal { throw .unreadable(refusal) }
        try checkClock()
        try requireAccepted(author)
    }

    /// That the journal knows the key and has not retired it.
    func requireAccepted(_ author: JournalKey) throws(JournalError) {
        guard let entry = replay.verifier.keyring[author.id], entry.retiredAt == nil else {
            throw .foreignKey(author.role)
        }
    }

    func checkClock() throws(JournalError) { try clock.check(against: replay.verifier.lastTime) }

    // MARK: Checkpoint

    /// The head, signed; nothing is written. A note that says the same is shown once more while its deadline is far enough
    /// ahead: others may have signed it, too.
    ///
    /// - Parameter other: such a note from elsewhere, besides the one next to the segments.
    package func signedHead(or other: SignedCheckpoint? = nil) throws(JournalError) -> SignedCheckpoint {
        guard replay.verifier.size == written else {
            throw .expectedSize(expected: replay.verifier.size, actual: written)
        }
        try makeDurable()
        guard let checkpoint = replay.verifier.checkpoint() else { throw .missing(directory.path) }
        let standing = [directory.keptNote(), other].compactMap { $0 }.filter { note in
            note.checkpoint == checkpoint && CheckpointDue.isFresh(note.due, at: clock.now)
                && note.isSigned(by: sequencer.publicKey)
        }
        guard let first = standing.first else {
            return SignedCheckpoint(checkpoint, due: CheckpointDue.after(clock.now), signedBy: sequencer.key)
        }
        return standing.dropFirst().reduce(first) { $0.merged(with: $1) }
    }

    /// Signs the head and leaves the checkpoint next to the segments.
    ///
    /// - Parameter other: as for `signedHead`.
    @discardableResult
    package func writeCheckpoint(or other: SignedCheckpoint? = nil) throws(JournalError) -> SignedCheckpoint {
        let signed = try signedHead(or: other)
        try place(signed)
        return signed
    }

    private func place(_ note: SignedCheckpoint) throws(JournalError) {
        let cache = JournalCache(directory, sequencer: sequencer)
        let kept = cache.fittingPosition()
        try orFile { () throws(FileFailure) in
            try writeFileAtomically(directory.checkpointPath, Array(note.note.utf8))
        }
        // Or the next append would read the whole journal, only because of this.
        if let kept { cache.take(checkpoint: note, into: kept) }
    }
}

extension Journal {
    /// Leaves what others signed with the note next to the segments, where that is still this one.
    ///
    /// - Parameter cosigned: a note of this journal, with lines that were verified.
    /// - Returns: it, with all others' lines that are kept here.
    package func keep(_ cosigned: SignedCheckpoint) throws(JournalError) -> SignedCheckpoint {
        guard let kept = directory.keptNote(), kept.text == cosigned.text, kept.isSigned(by: sequencer.publicKey) else {
            return cosigned
        }
        let all = kept.adding(cosigned.signatures)
        try place(all)
        return all
    }
}

extension JournalDirectory {
    /// The note next to the segments, which nobody has judged; nil where there is none that can be read.
    package func keptNote() -> SignedCheckpoint? {
        guard !isSpecialFile(checkpointPath),
            let bytes = try? readFile(checkpointPath, limit: SignedCheckpoint.maximumLength)
        else { return nil }
        return try? SignedCheckpoint(note: bytes)
    }
}

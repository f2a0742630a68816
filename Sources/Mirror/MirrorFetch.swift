internal import BackupJournal
internal import Digest
internal import DurableFiles
package import JournalFormat
package import JournalStore
package import ObjectStore
package import SystemPackage

/// A journal as it was brought back from the bucket.
package struct FetchedJournal: ~Copyable {
    package let directory: JournalDirectory
    package internal(set) var replay: Replay
    package let checkpoint: SignedCheckpoint
    package let etag: ETag
    /// Records that only the witness had.
    package let fromWitness: Int
    /// Sound records beyond the checkpoint: pushed, but not committed when the server was lost.
    package var beyondCheckpoint: Int { replay.verifier.size - fromWitness - checkpoint.checkpoint.size }
}

extension MirrorReader {
    /// Fetches the journal into an empty directory and verifies all of it.
    ///
    /// - Parameters:
    ///   - pinnedRoot: whose journal it must be.
    ///   - heads: what a witness remembers; a mirror that was rolled back is seen only so.
    ///   - witness: lines that a witness has; those beyond the mirror's are adopted.
    /// What looks damaged or missing is fetched a second time, from the listing on: one answer may have been damaged.
    package func fetchJournal(
        into path: FilePath, pinnedRoot: KeyID, heads: [SignedCheckpoint] = [], witness: WitnessLines? = nil
    ) throws(MirrorError) -> FetchedJournal {
        do {
            return try fetchOnce(into: path, pinnedRoot: pinnedRoot, heads: heads, witness: witness)
        } catch {
            guard error.isVerdict else { throw error }
            try orMirror { () throws(FileFailure) in
                for name in try namesInDirectory(path) ?? [] { try removeFile(path.appending(name)) }
            }
            return try fetchOnce(into: path, pinnedRoot: pinnedRoot, heads: heads, witness: witness)
        }
    }

    private func fetchOnce(
        into path: FilePath, pinnedRoot: KeyID, heads: [SignedCheckpoint], witness: WitnessLines?
    ) throws(MirrorError) -> FetchedJournal {
        guard let (signed, etag) = try checkpoint() else {
            throw try isEmpty() ? .nothingMirrored(url: store.url) : .checkpointMissing(url: store.url)
        }
        let directory = JournalDirectory(path)
        try orMirror { () throws(FileFailure) in try makeDirectories(path, permissions: 0o700) }
        let stored = MirroredLines(self, segments: try segments(), hasPieces: true)
        try placeCommitted(signed.checkpoint, stored, in: directory)
        try orMirror { () throws(FileFailure) in
            try writeFileAtomically(directory.checkpointPath, Array(signed.note.utf8))
        }
        // The root that is remembered may vouch for the journal in a later record only, so it is asked for at the end.
        try adoptBeyond(try directory.end(), stored, in: directory)
        let fromWitness = try witness.map(directory.extend) ?? 0
        let remembered = heads.map(\.checkpoint).max { ($0.epoch, $0.size) < ($1.epoch, $1.size) }
        do {
            let replay = try directory.replay(pinnedRoot: pinnedRoot, heads: heads, growsTree: true)
            return FetchedJournal(
                directory: directory, replay: replay, checkpoint: signed, etag: etag, fromWitness: fromWitness)
        } catch {
            if case .damaged(let damage) = error, damage.reason == .shorterThanHead, let remembered {
                throw .rolledBack(remembered: remembered, found: try directory.end().size)
            }
            throw .journal(error)
        }
    }

    /// Nothing that any push has left of a journal.
    private func isEmpty() throws(MirrorError) -> Bool {
        guard try segments().isEmpty else { return false }
        return try pieces(ofSegment: 1).isEmpty
    }

    /// Writes what the checkpoint covers, and nothing else.
    ///
    /// The bucket may also hold what others pushed and never committed, sound as it may be by itself. So the lines are
    /// found from the checkpoint's head backwards: the first of each segment names the last of the one before.
    func placeCommitted(
        _ checkpoint: Checkpoint, _ stored: MirroredLines, in directory: JournalDirectory
    ) throws(MirrorError) {
        let placed = try downloadLikely(checkpoint, stored, into: directory)
        var (size, head) = (checkpoint.size, checkpoint.head)
        while size > 0 {
            let firstSeq = JournalDirectory.firstSeq(ofSegmentHolding: size)
            if let segment = placed[firstSeq], segment.head == head {
                head = segment.prev
            } else {
                let lines = try lines(firstSeq...size, endingWith: head, in: stored)
                try place(lines.bytes, at: directory.segmentPath(firstSeq: firstSeq))
                head = lines.prev
            }
            size = firstSeq - 1
        }
    }
}

extension MirrorError {
    /// Says that something is missing, damaged or set back there, which a damaged answer would say too.
    var isVerdict: Bool {
        switch self {
        case .checkpointUnreadable, .checkpointMissing, .nothingMirrored, .objectMissing, .rolledBack: true
        default: isVerdictOnObject
        }
    }

    /// Out of reach or out of space says nothing about the object that was looked at.
    package var isVerdictOnObject: Bool {
        switch self {
        case .objectDamaged, .recordMissing, .journal(.damaged): true
        case .store(let error): error.kind == .corrupt || error.kind == .invalid
        default: false
        }
    }
}

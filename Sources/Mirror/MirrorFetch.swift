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
            throw try segments().isEmpty ? .nothingMirrored(url: store.url) : .checkpointMissing(url: store.url)
        }
        let directory = JournalDirectory(path)
        try orMirror { () throws(FileFailure) in try makeDirectories(path, permissions: 0o700) }
        let versions = Dictionary(grouping: try segments(), by: \.name.firstSeq)
        try placeCommitted(signed.checkpoint, versions, in: directory)
        try orMirror { () throws(FileFailure) in
            try writeFileAtomically(directory.checkpointPath, Array(signed.note.utf8))
        }
        // The root that is remembered may vouch for the journal in a later record only, so it is asked for at the end.
        var size = try orMirror { () throws(JournalError) in
            try directory.replay(signatures: .all).verifier.size
        }
        while let longer = try extend(directory, from: size, versions) { size = longer }
        let fromWitness = try witness.map(directory.extend) ?? 0
        size += fromWitness
        let remembered = heads.map(\.checkpoint).max { ($0.epoch, $0.size) < ($1.epoch, $1.size) }
        do {
            let replay = try directory.replay(pinnedRoot: pinnedRoot, heads: heads, growsTree: true)
            return FetchedJournal(
                directory: directory, replay: replay, checkpoint: signed, etag: etag, fromWitness: fromWitness)
        } catch {
            if case .damaged(let damage) = error, damage.reason == .shorterThanHead, let remembered {
                throw .rolledBack(remembered: remembered, found: size)
            }
            throw .journal(error)
        }
    }

    /// Writes what the checkpoint covers, and nothing else.
    ///
    /// The bucket may also hold what others pushed and never committed, sound as it may be by itself. So the segments
    /// are found from the checkpoint's head backwards: the first line of each names the head of the one before.
    func placeCommitted(
        _ checkpoint: Checkpoint, _ versions: [Int: [MirroredSegment]], in directory: JournalDirectory
    ) throws(MirrorError) {
        let placed = try downloadLikely(checkpoint, versions, into: directory)
        var size = checkpoint.size
        var head = checkpoint.head
        while size > 0 {
            let firstSeq = JournalDirectory.firstSeq(ofSegmentHolding: size)
            defer { size = firstSeq - 1 }
            if let segment = placed[firstSeq], segment.head == head {
                head = segment.prev
                continue
            }
            let lines = try lines(from: firstSeq, to: size, endingWith: head, versions[firstSeq] ?? [])
            let path = directory.segmentPath(firstSeq: firstSeq)
            try place(lines, at: path)
            do {
                head = try Self.prev(lines)
            } catch {
                throw .journal(.damaged(DamageError(record: firstSeq, error.reason)))
            }
        }
    }

    /// The lines of these records, the last of which has this hash, from the first version that has them.
    private func lines(
        from firstSeq: Int, to lastSeq: Int, endingWith head: SHA256Digest, _ versions: [MirroredSegment]
    ) throws(MirrorError) -> [UInt8] {
        var failure = MirrorError.segmentMissing(firstSeq: firstSeq)
        for version in candidates(versions, to: lastSeq, head: head) {
            do {
                let lines = try lines(of: version).prefix(lines: lastSeq - firstSeq + 1)
                if SegmentName(of: lines, firstSeq: firstSeq)?.head == head { return lines }
            } catch {
                guard error.isVerdictOnObject else { throw error }
                failure = error
            }
        }
        throw failure
    }

    /// How many versions are tried: anybody who can write to the bucket may have made any number that are not one.
    private static let longestTried = 64

    /// Adopts the longest sound version of what follows record `size`.
    ///
    /// - Returns: the journal's new size; nil where nothing sound follows.
    private func extend(
        _ directory: JournalDirectory, from size: Int, _ versions: [Int: [MirroredSegment]]
    ) throws(MirrorError) -> Int? {
        let firstSeq = JournalDirectory.firstSeq(ofSegmentHolding: size + 1)
        let path = directory.segmentPath(firstSeq: firstSeq)
        let before = try orMirror { () throws(FileFailure) in
            pathExists(path) ? try readFile(path, limit: JournalDirectory.segmentSizeLimit) : []
        }
        let longer = (versions[firstSeq] ?? []).filter { $0.name.lastSeq > size }
        for version in longer.sorted(by: { $0.name.count > $1.name.count }).prefix(Self.longestTried) {
            do {
                let lines = try lines(of: version)
                guard lines.starts(with: before) else { continue }
                try place(lines, at: path)
                let found = try orMirror { () throws(JournalError) in
                    let replay = try directory.replay(signatures: .all)
                    return replay.tail == nil ? replay.verifier.size : 0
                }
                if found == version.name.lastSeq { return found }
            } catch {
                // What was never committed need not be sound.
                guard error.isVerdictOnObject else { throw error }
            }
            try orMirror { () throws(FileFailure) in
                try before.isEmpty ? removeFile(path) : writeFileAtomically(path, before)
            }
        }
        return nil
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
        case .objectDamaged, .segmentMissing, .journal(.damaged): true
        case .store(let error): error.kind == .corrupt || error.kind == .invalid
        default: false
        }
    }
}

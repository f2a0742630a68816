internal import DurableFiles
package import JournalFormat
package import JournalStore
package import ObjectStore
package import SystemPackage

/// A journal as it was brought back from the bucket.
package struct FetchedJournal: ~Copyable {
    package let directory: JournalDirectory
    package let replay: Replay
    package let checkpoint: SignedCheckpoint
    package let etag: ETag
    /// Records that only the witness had.
    package let fromWitness: Int
    /// Sound records beyond the checkpoint: pushed, but not committed when the server was lost.
    package var beyondCheckpoint: Int { replay.verifier.size - fromWitness - checkpoint.checkpoint.size }

    consuming func takeReplay() -> Replay { replay }
}

extension MirrorReader {
    /// Fetches the journal into an empty directory and verifies all of it.
    ///
    /// - Parameters:
    ///   - pinnedRoot: whose journal it must be.
    ///   - heads: what a witness remembers; a mirror that was rolled back is seen only so.
    ///   - witness: lines that a witness has; those beyond the mirror's are adopted.
    package func fetchJournal(
        into path: FilePath, pinnedRoot: KeyID, heads: [SignedCheckpoint] = [], witness: WitnessLines? = nil
    ) throws(MirrorError) -> FetchedJournal {
        guard let (signed, etag) = try checkpoint() else {
            throw try segments().isEmpty ? .nothingMirrored(url: store.url) : .checkpointMissing(url: store.url)
        }
        let directory = JournalDirectory(path)
        try orMirror { () throws(FileFailure) in try makeDirectories(path, permissions: 0o700) }
        // Of an unfinished segment each push has left a version; the longest sound one is wanted.
        var versions = Dictionary(grouping: try segments(), by: \.name.firstSeq)
            .mapValues { $0.sorted { $0.name.count > $1.name.count } }
        var firstSeq = 1
        while let candidates = versions.removeValue(forKey: firstSeq) {
            let last = try placeSegment(candidates, in: directory)
            firstSeq += JournalDirectory.recordsInSegment
            if last.count < JournalDirectory.recordsInSegment { break }
        }
        let adopted = firstSeq > 1 ? try witness.map(directory.extend) ?? 0 : 0
        try orMirror { () throws(FileFailure) in
            try writeFileAtomically(directory.checkpointPath, Array(signed.note.utf8))
        }
        let replay: Replay
        do {
            replay = try directory.replay(pinnedRoot: pinnedRoot, heads: heads, signatures: .all)
        } catch {
            if case .damaged(let damage) = error, damage.reason == .shorterThanHead {
                throw .segmentMissing(firstSeq: JournalDirectory.firstSeq(ofSegmentHolding: max(damage.record, 1)))
            }
            throw .journal(error)
        }
        return FetchedJournal(directory: directory, replay: replay, checkpoint: signed, etag: etag, fromWitness: adopted)
    }

    /// Writes the first candidate with which the journal so far is sound.
    private func placeSegment(
        _ candidates: [MirroredSegment], in directory: JournalDirectory
    ) throws(MirrorError) -> SegmentName {
        var failure = MirrorError.segmentMissing(firstSeq: candidates[0].name.firstSeq)
        for candidate in candidates {
            let firstSeq = candidate.name.firstSeq
            do {
                let lines = try lines(of: candidate)
                let path = directory.segmentPath(firstSeq: firstSeq)
                try orMirror { () throws(FileFailure) in try writeFileAtomically(path, lines) }
                // The root that is remembered may vouch for the journal in a later segment only.
                let replay = try orMirror { () throws(JournalError) in try directory.replay() }
                if replay.verifier.size == firstSeq + candidate.name.count - 1, replay.tail == nil {
                    return candidate.name
                }
                failure = .objectDamaged(candidate.key)
            } catch {
                // Out of reach or out of space is no verdict on this version.
                switch error {
                case .store, .file: throw error
                default: failure = error
                }
            }
        }
        throw failure
    }
}

internal import BackupJournal
internal import Digest
internal import DurableFiles
internal import JournalFormat
internal import JournalStore

/// How far a journal goes: its records, and the hash of the last line.
struct JournalEnd: Equatable {
    let size: Int
    let head: SHA256Digest
}

extension JournalDirectory {
    /// Where the lines end that are there; all of them are judged, signatures included.
    func end() throws(MirrorError) -> JournalEnd {
        try orMirror { () throws(JournalError) in
            let replay = try replay(signatures: .all)
            return JournalEnd(size: replay.tail == nil ? replay.verifier.size : 0, head: replay.verifier.head)
        }
    }
}

/// What was stored and never committed, because the server was lost in between.
extension MirrorReader {
    /// How many pieces are tried: anybody who can write to the bucket may have made any number that are not one.
    private static let longestTried = 64

    /// Adopts the longest sound continuation of a journal that was fetched.
    func adoptBeyond(
        _ committed: JournalEnd, _ stored: MirroredLines, in directory: JournalDirectory
    ) throws(MirrorError) {
        var end = committed
        while let longer = try extend(directory, from: end, stored) { end = longer }
    }

    /// - Returns: the journal's new end; nil where nothing sound follows.
    private func extend(
        _ directory: JournalDirectory, from end: JournalEnd, _ stored: MirroredLines
    ) throws(MirrorError) -> JournalEnd? {
        let firstSeq = JournalDirectory.firstSeq(ofSegmentHolding: end.size + 1)
        let path = directory.segmentPath(firstSeq: firstSeq)
        let before = pathExists(path) ? try directory.lines(ofSegment: firstSeq) : []
        let longer = ((stored.segments[firstSeq] ?? []) + (try stored.pieces(ofSegment: firstSeq)))
            .filter { $0.name.records.contains(end.size + 1) }
        for piece in longer.sorted(by: { $0.name.lastSeq > $1.name.lastSeq }).prefix(Self.longestTried) {
            do {
                let lines = try lines(of: piece)
                guard lines.hash(of: end.size) == end.head else { continue }
                try place(before + lines.bytes(after: end.size), at: path)
                let found = try directory.end()
                if found == JournalEnd(size: lines.lastSeq, head: lines.name.head) { return found }
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

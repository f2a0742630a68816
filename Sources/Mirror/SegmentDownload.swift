internal import Digest
internal import DurableFiles
internal import JournalFormat
internal import JournalStore

/// A segment that was brought to its place in a journal's directory: sound by itself, what its key and name say.
struct PlacedSegment: Sendable {
    /// The hash of its last line.
    let head: SHA256Digest
    /// What its first line says of the line before.
    let prev: SHA256Digest
}

extension MirrorReader {
    /// Segments in flight at once: what bounds the memory.
    private static let segmentsAtOnce = 4

    /// Brings the whole segments of so many records to their places, several at a time, newest first.
    ///
    /// Which version of a segment is the committed one shows only the segment after it; mostly there is only one, so
    /// the first is fetched. Whether they belong together is still to be asked, and one that is damaged or was the wrong
    /// one is missing from the answer or does not fit: nothing here decides about anything.
    func downloadLikely(
        _ checkpoint: Checkpoint, _ stored: MirroredLines, into directory: JournalDirectory
    ) throws(MirrorError) -> [Int: PlacedSegment] {
        // By what is listed, which is as much as there is: a checkpoint may claim any size.
        let listed = stored.segments.keys.filter { $0 <= checkpoint.size }
        let wanted = listed.sorted(by: >).compactMap { first in
            let last = min(JournalDirectory.records(ofSegmentHolding: first).upperBound, checkpoint.size)
            return (stored.segments[first] ?? [])
                .candidates(to: last, head: last == checkpoint.size ? checkpoint.head : nil).first
                .map { (segment: $0, last: last) }
        }
        let placed = Gathered<Int, PlacedSegment>()
        try forEach(wanted, atMost: Self.segmentsAtOnce) { wanted throws(MirrorError) in
            let lines: ChainedLines
            do throws(MirrorError) {
                lines = try self.lines(of: wanted.segment)
            } catch {
                guard error.isVerdictOnObject else { throw error }
                return
            }
            guard let head = lines.hash(of: wanted.last) else { return }
            try place(
                Array(lines.bytes(through: wanted.last)), at: directory.segmentPath(firstSeq: lines.firstSeq))
            placed.add(lines.firstSeq, PlacedSegment(head: head, prev: lines.prev))
        }
        return placed.all
    }
}

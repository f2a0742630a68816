internal import Digest
internal import DurableFiles
internal import JournalFormat
internal import JournalStore
internal import Synchronization

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

    /// Brings the segments of so many records to their places, several at a time, newest first.
    ///
    /// Which version of a segment is the committed one shows only the segment after it; mostly there is only one, so
    /// the first is fetched. Whether they belong together is still to be asked, and one that is damaged or was the wrong
    /// one is missing from the answer or does not fit: nothing here decides about anything.
    func downloadLikely(
        _ checkpoint: Checkpoint, _ versions: [Int: [MirroredSegment]], into directory: JournalDirectory
    ) throws(MirrorError) -> [Int: PlacedSegment] {
        // By what is listed, which is as much as there is: a checkpoint may claim any size.
        let listed = versions.keys.filter {
            $0 <= checkpoint.size && $0 == JournalDirectory.firstSeq(ofSegmentHolding: $0)
        }
        let wanted = listed.sorted(by: >).compactMap { first in
            let last = min(first + JournalDirectory.recordsInSegment - 1, checkpoint.size)
            return candidates(versions[first] ?? [], to: last, head: last == checkpoint.size ? checkpoint.head : nil)
                .first
                .map { (segment: $0, count: last - first + 1) }
        }
        let placed = PlacedSegments()
        try forEach(wanted, atMost: Self.segmentsAtOnce) { wanted throws(MirrorError) in
            let lines: [UInt8]
            do throws(MirrorError) {
                lines = try self.lines(of: wanted.segment).prefix(lines: wanted.count)
            } catch {
                guard error.isVerdictOnObject else { throw error }
                return
            }
            let firstSeq = wanted.segment.name.firstSeq
            guard let name = SegmentName(of: lines, firstSeq: firstSeq), let prev = try? Self.prev(lines) else {
                return
            }
            try place(lines, at: directory.segmentPath(firstSeq: firstSeq))
            placed.add(firstSeq, PlacedSegment(head: name.head, prev: prev))
        }
        return placed.all
    }

    /// The versions that may hold the records up to this one, the closest first.
    ///
    /// - Parameter head: the hash of that record's line, where it is known.
    func candidates(_ versions: [MirroredSegment], to lastSeq: Int, head: SHA256Digest?) -> [MirroredSegment] {
        versions.sorted { $0.name.count < $1.name.count }.filter { version in
            if version.name.lastSeq == lastSeq, let head { return version.name.head == head }
            return version.name.lastSeq >= lastSeq
        }
    }

    /// What the first line says of the line before.
    static func prev(_ lines: [UInt8]) throws(FormatError) -> SHA256Digest {
        let firstLine = (lines.firstIndex(of: UInt8(ascii: "\n")) ?? 0) + 1
        return try RecordLayout(lines.span.extracting(..<firstLine)).prev
    }
}

private final class PlacedSegments: Sendable {
    private let placed = Mutex<[Int: PlacedSegment]>([:])

    var all: [Int: PlacedSegment] { placed.withLock { $0 } }

    func add(_ firstSeq: Int, _ segment: PlacedSegment) { placed.withLock { $0[firstSeq] = segment } }
}

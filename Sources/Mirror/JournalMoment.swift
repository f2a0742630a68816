internal import Backup
internal import BackupJournal
internal import DurableFiles
internal import JournalFormat
internal import JournalStore

/// A journal as it stood when it was last open.
///
/// Its records are durable and never change, so what it says of them holds while others append: this is all that a
/// push needs while bytes travel.
struct JournalMoment {
    let directory: JournalDirectory
    /// The head, signed.
    let signed: SignedCheckpoint
    let state: BackupState
    /// Nil where the last segment could not be looked at.
    let extent: JournalExtent?

    init(_ journal: borrowing Journal) throws(JournalError) {
        directory = journal.directory
        signed = try journal.signedHead()
        state = try journal.replay.readableState()
        extent = journal.extent
    }

    /// How many records there were.
    var size: Int { signed.checkpoint.size }

    /// The lines of these records, which lie in one segment. No more than there were then: what was appended since may not
    /// be durable yet.
    func lines(_ records: ClosedRange<Int>) throws(MirrorError) -> [UInt8] { try directory.lines(records) }
}

extension JournalDirectory {
    /// The lines of these records, which lie in one segment.
    func lines(_ records: ClosedRange<Int>) throws(MirrorError) -> [UInt8] {
        let firstSeq = Self.firstSeq(ofSegmentHolding: records.lowerBound)
        return try lines(ofSegment: firstSeq)
            .lines(records.lowerBound - firstSeq..<records.upperBound + 1 - firstSeq)
    }

    /// All that a segment's file holds.
    func lines(ofSegment firstSeq: Int) throws(MirrorError) -> [UInt8] {
        try orMirror { () throws(FileFailure) in
            try readFile(segmentPath(firstSeq: firstSeq), limit: Self.segmentSizeLimit)
        }
    }
}

extension [UInt8] {
    /// The lines of these numbers, from 0 on, each with its LF; fewer where there are fewer.
    func lines(_ numbers: Range<Int>) -> [UInt8] {
        let start = end(ofLines: numbers.lowerBound, from: startIndex)
        return Array(self[start..<end(ofLines: numbers.count, from: start)])
    }

    private func end(ofLines count: Int, from start: Int) -> Int {
        var end = start
        for _ in 0..<count {
            guard let lineEnd = self[end...].firstIndex(of: UInt8(ascii: "\n")) else { break }
            end = lineEnd + 1
        }
        return end
    }
}

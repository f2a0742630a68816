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

    init(_ journal: borrowing Journal) throws(JournalError) {
        directory = journal.directory
        signed = try journal.signedHead()
        state = try journal.replay.readableState()
    }

    /// How many records there were.
    var size: Int { signed.checkpoint.size }

    /// The lines that the segment had then: what was appended since may not be durable yet.
    func lines(ofSegment firstSeq: Int) throws(MirrorError) -> [UInt8] {
        let lines = try orMirror { () throws(FileFailure) in
            try readFile(directory.segmentPath(firstSeq: firstSeq), limit: JournalDirectory.segmentSizeLimit)
        }
        return lines.prefix(lines: size - firstSeq + 1)
    }
}

extension [UInt8] {
    /// The first `count` lines, each with its LF; all where there are fewer.
    func prefix(lines count: Int) -> [UInt8] {
        var end = startIndex
        for _ in 0..<count {
            guard let lineEnd = self[end...].firstIndex(of: UInt8(ascii: "\n")) else { break }
            end = lineEnd + 1
        }
        return Array(self[..<end])
    }
}

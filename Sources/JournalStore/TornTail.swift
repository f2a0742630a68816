internal import Digest
internal import DurableFiles
internal import JournalFormat
internal import SystemPackage

extension Journal {
    /// Copies a torn tail aside and records what happened in its place: bytes are never dropped silently, also not by
    /// a repair that is interrupted. So the segment without them and the record of it appear at once.
    mutating func repairTornTail() throws(JournalError) {
        guard let tail = replay.tail else { return }
        try checkClock()
        // Nothing is cut off that could not be journalled.
        if let refusal = replay.refusal { throw .unreadable(refusal) }
        let kept = directory.path.appending("torn-\(size + 1)-\(SHA256.hash(tail.bytes.span).hex.prefix(16))")
        var segment = try orFile { () throws(FileFailure) in
            try directory.withBallast { () throws(FileFailure) in
                try writeFileAtomically(kept, tail.bytes, permissions: [.ownerReadWrite, .groupRead])
            }
            return Array(try readFile(tail.segment, limit: JournalDirectory.segmentSizeLimit)[..<tail.offset])
        }
        let repaired = NewEvent(
            repairedBytes: tail.bytes.count, sha256: SHA256.hash(tail.bytes.span).hex,
            kept: kept.lastComponent?.string ?? "", why: "the last line was not written to its end")
        // After a full segment the record begins the next one; no append leaves a torn line there.
        let isFull = tail.offset > 0 && size.isMultiple(of: JournalDirectory.recordsInSegment)
        if !isFull {
            for case let event? in prepare([BatchEntry(repaired)], author: nil).events { segment += try admit(event).1 }
        }
        let sync = try TailSync(directory)
        try sync.rewrite(
            tail.segment, firstSeq: JournalDirectory.firstSeq(of: tail.segment), segment)
        sync.unlock()
        written = size
        replay.forgetTail()
        if isFull { try record(repaired) }
    }

    /// Records that the last segment was written again after a sync that failed; only then is the journal in order.
    mutating func recordRewrite() throws(JournalError) {
        try record(
            NewEvent(
                repairedBytes: 0, sha256: SHA256Digest().hex, kept: "-",
                why: "a write was not confirmed by the disk; the last segment was verified and written again"))
        try orFile { () throws(FileFailure) in
            try removeFile(directory.poisonPath)
            try synchronizeDirectory(directory.path)
        }
    }

    private mutating func record(_ repaired: NewEvent) throws(JournalError) {
        let batch = prepare([BatchEntry(repaired)], author: nil)
        _ = try confirm(try orReason { () throws(BatchFailure) in try append(batch) })
    }
}

extension NewEvent {
    init(repairedBytes: Int, sha256: String, kept: String, why: String) {
        self.init(
            .journalRepaired, by: .sequencer,
            [
                "bytes": .integer(repairedBytes), "sha256": .string(sha256), "kept": .string(kept),
                "why": .string(why),
            ])
    }
}

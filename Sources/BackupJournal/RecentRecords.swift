package import Backup
internal import DurableFiles
internal import JournalFormat
package import JournalStore

extension Journal {
    /// What was recorded in the 24 hours before now. Read from the last record backwards, so it costs as much as those
    /// hours have brought, however long the journal is.
    package func recentRecords() throws(JournalError) -> RecentRecords {
        var recent = RecentRecords()
        let since = Timestamp(milliseconds: time.milliseconds - AuthorQuota.period)
        let registered = Array(CoreEventType.artifactRegistered.rawValue.utf8)
        var first = JournalDirectory.firstSeq(ofSegmentHolding: size)
        while first >= 1 {
            let path = directory.segmentPath(firstSeq: first)
            let bytes = try orFile { () throws(FileFailure) in
                try readFile(path, limit: JournalDirectory.segmentSizeLimit)
            }
            var end = bytes.count
            while end > 0 {
                let start = (bytes[..<(end - 1)].lastIndex(of: UInt8(ascii: "\n")) ?? -1) + 1
                let line = bytes.span.extracting(start..<end)
                end = start
                guard let record = try? RecordLayout(line) else { throw .damaged(DamageError(record: first, .syntax)) }
                if record.ts <= since { return recent }
                recent.count(
                    record.event.author, bytes: record.event.range.count, at: record.ts,
                    isRegistration: line.extracting(record.event.type).hasSameBytes(as: registered.span))
            }
            first -= JournalDirectory.recordsInSegment
        }
        return recent
    }
}

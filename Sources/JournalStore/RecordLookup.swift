internal import Digest
internal import DurableFiles
internal import JournalFormat
internal import SystemPackage

extension JournalDirectory {
    /// The records whose events have these ids, as far as there are any. The newest segments are looked at first,
    /// because what is said twice is mostly said twice soon.
    ///
    /// The records were judged before, by the caller, which knows that the ids are there.
    func records(of ids: Set<EventID>) throws(JournalError) -> [EventID: Record] {
        var found: [EventID: Record] = [:]
        let names = try orFile { () throws(FileFailure) in try segmentNames() } ?? []
        for name in names.reversed() where found.count < ids.count {
            let bytes = try orFile { () throws(FileFailure) in
                try readFile(path.appending(name), limit: Self.segmentSizeLimit)
            }
            var start = 0
            while let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) {
                let line = bytes.span.extracting(start..<end + 1)
                start = end + 1
                // What is not a record was not one when the journal was judged either: a torn tail.
                let layout: RecordLayout
                do { layout = try RecordLayout(line) } catch { continue }
                guard ids.contains(layout.event.id) else { continue }
                found[layout.event.id] = try Record(layout, line, hash: SHA256.hash(line))
            }
        }
        return found
    }
}

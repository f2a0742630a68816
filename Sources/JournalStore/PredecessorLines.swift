internal import DurableFiles
package import JournalFormat
internal import SystemPackage

extension JournalDirectory {
    /// Where the lines of a journal that this one succeeds are kept: next to the segments, as a journal's directory of
    /// its own, never written again.
    package func predecessor(_ log: EventID) -> JournalDirectory {
        JournalDirectory(path.appending("before").appending(log.description), of: stateType)
    }

    /// Writes lines into the segments of a directory that has none, durably; nobody has judged them yet.
    ///
    /// - Parameter bytes: whole lines.
    package func write(lines bytes: [UInt8]) throws(JournalError) {
        try orFile { () throws(FileFailure) in
            try makeDirectories(path)
            var (start, end, count, firstSeq) = (0, 0, 0, 1)
            while end < bytes.count {
                guard let next = bytes.span.lineEnd(from: end) else { break }
                (end, count) = (next, count + 1)
                guard count == Self.recordsInSegment || end == bytes.count else { continue }
                try writeNewFile(
                    segmentPath(firstSeq: firstSeq), Array(bytes[start..<end]),
                    permissions: [.ownerRead, .groupRead])
                (start, count, firstSeq) = (end, 0, firstSeq + Self.recordsInSegment)
            }
        }
    }
}

extension Replay {
    /// Whether a checkpoint that somebody signed is this journal's own, and may stand next to it.
    package func fits(_ head: SignedCheckpoint) -> Bool {
        do { return try verifier.compare(head, of: .journal) == nil } catch { return false }
    }
}

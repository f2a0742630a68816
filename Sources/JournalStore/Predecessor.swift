package import Backup
internal import Digest
internal import DurableFiles
package import JournalFormat
internal import SystemPackage

/// The lines of the journal that this one succeeds (journal-format.md, "Core events"): next to the segments, as a
/// journal's directory of its own, never written again.
extension JournalDirectory {
    package func predecessor(_ log: EventID) -> JournalDirectory {
        JournalDirectory(path.appending("before").appending(log.description))
    }

    /// What became of the lines that were kept.
    package enum KeptPredecessor: Sendable, Equatable {
        case missing
        /// Every signature was checked, and they end with the head that the journal names.
        case sound
        case damaged(String)
    }

    package func judgePredecessor(_ succession: Succession) throws(JournalError) -> KeptPredecessor {
        let kept = predecessor(succession.old.log)
        guard try kept.hasRecords() else { return .missing }
        do throws(JournalError) {
            let replay = try kept.replay(pinnedRoot: succession.old.root, signatures: .all)
            let verifier = replay.verifier
            guard replay.tail == nil, verifier.size == succession.old.size, verifier.head == succession.old.head,
                verifier.log == succession.old.log
            else {
                return .damaged("they end with record \(verifier.size), not with the head that record 2 names")
            }
            return .sound
        } catch {
            guard case .damaged(let damage) = error else { throw error }
            return .damaged(damage.description)
        }
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

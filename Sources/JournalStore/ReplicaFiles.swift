internal import Digest
internal import DurableFiles
internal import JournalFormat
internal import SystemPackage

extension JournalDirectory {
    /// Adds lines that were judged, durably, and then the checkpoint that covers them.
    func write(_ answer: DeliveryAnswer, over size: Int) throws(JournalError) {
        if !answer.lines.isEmpty {
            let undo = try TailPosition(self, size)
            do throws(JournalError) {
                var pending = try PendingLines(self, size: size)
                for (offset, line) in answer.lines.enumerated() {
                    try pending.add(line, seq: size + offset + 1)
                }
                try pending.commit()
            } catch {
                if case .poisoned = error { leavePoison(poisonPath) } else { try? undo.restore() }
                throw error
            }
        }
        guard answer.isWhole else { return }
        try orFile { () throws(FileFailure) in
            // Compared with the copy's lines when it was opened.
            let there = keptNote()
            let note = answer.checkpoint.renewing(there)
            if there != note { try writeFileAtomically(checkpointPath, Array(note.note.utf8)) }
        }
    }

    /// A copy's torn tail comes again with the next answer; still, its bytes are kept.
    func setAsideTornTail(_ replay: inout Replay) throws(JournalError) {
        guard let tail = replay.tail else { return }
        try orFile { () throws(FileFailure) in
            try keepTornBytes(tail.bytes, beside: tail.segment, name: "\(replay.verifier.size + 1)")
            let file = try OpenFile(regular: tail.segment, .readWrite)
            try file.truncate(to: tail.offset)
            try file.synchronize()
        }
        replay.forgetTail()
    }

    /// Copies lines into a file of their own, which is never deleted; the same lines make the same file.
    func keepLines(from first: Int, through last: Int, in kept: FilePath) throws(JournalError) -> FilePath {
        let lines = try lines(from: first, through: last)
        guard let head = lines.last else { preconditionFailure("there are lines to keep") }
        let file = kept.appending("lost-\(first)-\(last)-\(SHA256.hash(head.span).hex.prefix(16)).jsonl")
        try orFile { () throws(FileFailure) in
            try makeDirectories(kept, permissions: 0o700)
            try synchronizeDirectory(kept.removingLastComponent())
            try writeFileAtomically(file, lines.flatMap { $0 }, permissions: .ownerReadWrite)
        }
        return file
    }

    /// Shortens a copy. The checkpoint goes first, then the newest segment: every state on the way is a sound journal.
    func cut(to size: Int, of before: Int) throws(JournalError) {
        guard size < before else { return }
        let keeps = Self.firstSeq(ofSegmentHolding: size + 1)
        let left = try size >= keeps ? lines(from: keeps, through: size).flatMap { $0 } : []
        try orFile { () throws(FileFailure) in
            try removeFile(checkpointPath)
            try synchronizeDirectory(path)
            for name in (try segmentNames() ?? []).reversed() where name > Self.segmentName(firstSeq: keeps) {
                try removeFile(path.appending(name))
                try synchronizeDirectory(path)
            }
            if left.isEmpty {
                try removeFile(segmentPath(firstSeq: keeps))
                try synchronizeDirectory(path)
            } else {
                try writeFileAtomically(segmentPath(firstSeq: keeps), left)
            }
        }
    }
}

internal import DurableFiles
internal import Glibc
package import JournalFormat
package import SystemPackage

/// A reader that follows a growing journal: each durable record is seen once, after it was judged.
///
/// A line may stand in the file before its `fdatasync(2)` has returned. The appender's lock is free only when nothing
/// is on its way, so lines are read under it; a reader that may not open the lock syncs the file itself. They are
/// judged and shown when the lock is free again: who looks at them may take his time.
package struct JournalFollower: ~Copyable {
    package enum Look: Sendable, Equatable {
        /// Nothing new, or somebody is writing just now.
        case unchanged
        case grown
        /// Bytes after the last whole line, which the next append repairs.
        case torn(bytes: Int)
    }

    private let directory: JournalDirectory
    private let lock: FilePath
    private var verifier: Verifier
    /// Records whose signatures a replay has judged before.
    private let judged: Int
    /// Where the last whole line ends in its segment.
    private var end: Int64 = 0
    /// The size that the last look has seen.
    private var seen: Int64 = -1

    /// Begins before the first record.
    ///
    /// - Parameter judged: records that were replayed before, so that their signatures need no second look.
    package init(_ directory: JournalDirectory, lock: FilePath, pinnedRoot: KeyID?, judged: Int = 0) {
        self.directory = directory
        self.lock = lock
        self.judged = judged
        verifier = Verifier(pinnedRoot: pinnedRoot, growsTree: false)
    }

    private var segment: FilePath {
        directory.segmentPath(firstSeq: JournalDirectory.firstSeq(ofSegmentHolding: verifier.size + 1))
    }

    /// Reads what has come since the last look.
    package mutating func look(_ visit: (Record, Span<UInt8>) -> Void) throws(JournalError) -> Look {
        guard hasChanged() else { return .unchanged }
        let before = verifier.size
        while true {
            guard let bytes = try readSegment() else { return verifier.size > before ? .grown : .unchanged }
            let rest = try take(linesOf: bytes, visit)
            if rest > 0 { return verifier.size > before ? .grown : .torn(bytes: rest) }
            let isFull = verifier.size > 0 && verifier.size.isMultiple(of: JournalDirectory.recordsInSegment)
            guard isFull, end > 0 else { return verifier.size > before ? .grown : .unchanged }
            (end, seen) = (0, -1)
        }
    }

    /// One `stat(2)`, so that looking often costs nothing.
    private func hasChanged() -> Bool {
        guard let size = try? segment.stat().size else { return false }
        return Int64(size) != seen
    }

    /// Reads on in the current segment, with nobody writing; nil where somebody is, or where there is no segment yet.
    private mutating func readSegment() throws(JournalError) -> [UInt8]? {
        guard let writers = try lockOut() else { return nil }
        defer { withExtendedLifetime(writers) {} }
        if pathExists(directory.poisonPath) { throw .poisoned(directory.poisonPath) }
        guard pathExists(segment) else { return nil }
        let path = segment
        let start = end
        let isDurable = writers.holds
        let bytes = try orFile { () throws(FileFailure) in
            let file = try OpenFile(regular: path, .readOnly)
            if !isDurable { try file.synchronizeData() }
            guard try file.size() >= start else { return nil as [UInt8]? }
            try file.seek(to: start)
            return try file.readToEnd(limit: JournalDirectory.segmentSizeLimit)
        }
        guard let bytes else { throw .damaged(Damage(record: verifier.size, .shorterThanHead)) }
        seen = start + Int64(bytes.count)
        return bytes
    }

    /// Judges and shows them; returns how many bytes stand after the last whole one.
    private mutating func take(
        linesOf bytes: [UInt8], _ visit: (Record, Span<UInt8>) -> Void
    ) throws(JournalError) -> Int {
        var position = 0
        while let lineFeed = bytes[position...].firstIndex(of: UInt8(ascii: "\n")) {
            let line = bytes[position...lineFeed]
            if lineFeed == bytes.count - 1, line.contains(0) { break }
            try take(Array(line), visit)
            position = lineFeed + 1
            end += Int64(line.count)
        }
        return bytes.count - position
    }

    private mutating func take(
        _ line: [UInt8], _ visit: (Record, Span<UInt8>) -> Void
    ) throws(JournalError) {
        let layout: RecordLayout
        do { layout = try verifier.accept(line.span, checkingSignatures: verifier.size >= judged) } catch {
            throw .damaged(error)
        }
        visit(try Record(layout, line.span, hash: verifier.head), line.span)
    }

    // MARK: Writers

    private struct Writers: ~Copyable {
        let lock: FileLock?
        let holds: Bool
    }

    /// Nil where somebody is writing.
    private func lockOut() throws(JournalError) -> Writers? {
        do {
            guard let lock = try FileLock.tryLock(lock) else { return nil }
            return Writers(lock: lock, holds: true)
        } catch {
            let cannot: [Errno] = [.permissionDenied, .noSuchFileOrDirectory, .readOnlyFileSystem, .notPermitted]
            guard cannot.contains(error.errno) else { throw .file(error) }
            return Writers(lock: nil, holds: false)
        }
    }
}

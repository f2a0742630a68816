internal import DurableFiles
internal import Glibc
package import JournalFormat
package import SystemPackage

/// A reader that follows a growing journal: each durable record is seen once, after it was judged.
///
/// A line may stand in the file before its `fdatasync(2)` has returned, so lines are shown up to where the appenders say
/// that the disk holds them; a reader syncs nothing itself, for it would take a failure away from those whom it concerns.
/// They are read under the appender's lock, where this reader may open that, so that a batch is seen whole. They are
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
    /// The size that the last look has seen; -1 where there was more than could be shown.
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
            guard let found = try readSegment() else { return verifier.size > before ? .grown : .unchanged }
            let whole = tornTailStart(found.bytes.span)
            let shown = tornTailStart(found.bytes.span.extracting(first: min(whole, found.durable)))
            try take(linesOf: found.bytes[..<shown], visit)
            guard shown == whole else {
                seen = -1
                return verifier.size > before ? .grown : .unchanged
            }
            let rest = found.bytes.count - whole
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

    /// Reads on in the current segment; nil where somebody is writing, or where there is no segment yet.
    ///
    /// - Returns: what was read, and how many bytes of it may be shown.
    private mutating func readSegment() throws(JournalError) -> (bytes: [UInt8], durable: Int)? {
        guard let writers = try lockOut() else { return nil }
        defer { withExtendedLifetime(writers) {} }
        if directory.isPoisoned { throw .poisoned(directory.poisonPath) }
        guard pathExists(segment) else { return nil }
        let (path, start, directory) = (segment, end, directory)
        let firstSeq = JournalDirectory.firstSeq(of: path)
        let found = try orFile { () throws(FileFailure) in
            let file = try OpenFile(regular: path, .readOnly)
            guard try file.size() >= start else { return nil as (bytes: [UInt8], durable: Int)? }
            try file.seek(to: start)
            let bytes = try file.readToEnd(limit: JournalDirectory.segmentSizeLimit)
            // Looked at after the reading: an appender mends a mark that does not fit before it adds a line.
            let durable = try directory.durableBytes(of: file, firstSeq: firstSeq).map { max(0, Int($0 - start)) }
            return (bytes, durable ?? bytes.count)
        }
        guard let found else { throw .damaged(DamageError(record: verifier.size, .shorterThanHead)) }
        seen = start + Int64(found.bytes.count)
        return found
    }

    /// Judges and shows them.
    private mutating func take(
        linesOf bytes: ArraySlice<UInt8>, _ visit: (Record, Span<UInt8>) -> Void
    ) throws(JournalError) {
        for line in wholeLines(Array(bytes)) {
            try take(line + [UInt8(ascii: "\n")], visit)
            end += Int64(line.count + 1)
        }
    }

    private mutating func take(
        _ line: ArraySlice<UInt8>, _ visit: (Record, Span<UInt8>) -> Void
    ) throws(JournalError) {
        let line = Array(line)
        let layout: RecordLayout
        do { layout = try verifier.accept(line.span, checkingSignatures: verifier.size >= judged) } catch {
            throw .damaged(error)
        }
        visit(try Record(layout, line.span, hash: verifier.head), line.span)
    }

    // MARK: Writers

    private struct Writers: ~Copyable {
        /// Nil where this reader may not open it.
        let lock: FileLock?
    }

    /// Nil where somebody is writing.
    private func lockOut() throws(JournalError) -> Writers? {
        do {
            guard let lock = try FileLock.tryLock(lock) else { return nil }
            return Writers(lock: lock)
        } catch {
            let cannot: [Errno] = [.permissionDenied, .noSuchFileOrDirectory, .readOnlyFileSystem, .notPermitted]
            guard cannot.contains(error.errno) else { throw .file(error) }
            return Writers(lock: nil)
        }
    }
}

internal import Digest
internal import DurableFiles
internal import JournalFormat
internal import SystemPackage

/// Lines that stand in the last segment and need not be on the disk yet, with receipts that nobody gets before they are.
///
/// The journal's lock may be let go meanwhile (`Journal.close`): others then append after these lines, and the one that
/// asks first makes all of them durable.
package struct WrittenLines: ~Copyable {
    /// Where the last of them ends.
    private struct Place {
        let firstSeq: Int
        let end: Int64
        let lastLineLength: Int
        let hash: SHA256Digest
        let lock: FilePath
        let pinnedRoot: KeyID?
    }

    private let directory: JournalDirectory
    /// What `confirm` returns.
    private var receipts: [Receipt]
    /// Nil where nothing was written.
    private let place: Place?
    /// The segment, as it was open when they were written: what fails then is reported by this opening.
    private let segment: SegmentUnderway?

    /// - Parameter receipts: of what stood there durably before.
    init(nothingIn directory: JournalDirectory, _ receipts: [Receipt] = []) {
        self.directory = directory
        self.receipts = receipts
        place = nil
        segment = nil
    }

    /// The caller holds the journal's lock.
    init(
        _ segment: SegmentUnderway, _ receipts: [Receipt], lastLine: [UInt8], _ lock: FilePath,
        _ pinnedRoot: KeyID?
    ) throws(JournalError) {
        directory = segment.directory
        self.receipts = receipts
        place = Place(
            firstSeq: segment.firstSeq, end: try segment.end(), lastLineLength: lastLine.count,
            hash: SHA256.hash(lastLine.span), lock: lock, pinnedRoot: pinnedRoot)
        self.segment = segment
    }

    /// Puts the receipts of what was recorded before among the others, in a batch's order.
    ///
    /// - Parameter known: by their place in the batch.
    mutating func add(_ known: [Int: Receipt], among count: Int) {
        var new = receipts[...]
        receipts = (0..<count).compactMap { known[$0] ?? new.popFirst() }
    }

    /// Returns the receipts when all lines are on the disk.
    ///
    /// - Throws: `.unknownOutcome` where that cannot be found out.
    package consuming func confirm() throws(JournalError) -> [Receipt] { try confirm(isLocked: false) }

    /// - Parameter isLocked: whether the caller holds the journal's lock.
    consuming func confirm(isLocked: Bool) throws(JournalError) -> [Receipt] {
        guard let place else { return receipts }
        do throws(JournalError) {
            if try !isOnDisk(place) { try resolve(place, isLocked) }
        } catch {
            switch error {
            case .poisoned(let path): throw .unknownOutcome(path, nil)
            case .file(let failure): throw .unknownOutcome(directory.path, failure)
            default: throw error
            }
        }
        return receipts
    }

    /// Somebody was ended in the middle of a sync.
    private func resolve(_ place: Place, _ isLocked: Bool) throws(JournalError) {
        if isLocked { return try directory.resolveDoubt(pinnedRoot: place.pinnedRoot) }
        let lock = try orFile { () throws(FileFailure) in try FileLock(place.lock) }
        if try !isOnDisk(place) { try directory.resolveDoubt(pinnedRoot: place.pinnedRoot) }
        guard try isOnDisk(place) else { throw .unknownOutcome(directory.durablePath, nil) }
        lock.unlock()
    }

    /// - Returns: false where it is in doubt.
    private func isOnDisk(_ place: Place) throws(JournalError) -> Bool {
        let sync = try TailSync(directory)
        let current = try orFile { () throws(FileFailure) in
            try OpenFile(regular: directory.segmentPath(firstSeq: place.firstSeq), .readOnly)
        }
        let isSame = try orFile { () throws(FileFailure) in
            try segment?.file.stamp().identity == current.stamp().identity
        }
        let isDone: Bool
        if isSame, let segment {
            isDone = try sync.synchronize(segment.file, firstSeq: place.firstSeq, through: place.end)
        } else {
            // The segment was written again: with these lines, unless they were lost before.
            let line = try orFile { () throws(FileFailure) in
                try current.read(place.lastLineLength, at: place.end - Int64(place.lastLineLength))
            }
            guard SHA256.hash(line.span) == place.hash else { throw .unknownOutcome(directory.durablePath, nil) }
            isDone = try sync.synchronize(current, firstSeq: place.firstSeq, through: place.end)
        }
        sync.unlock()
        return isDone
    }
}

/// The last segment while lines are put into it. The caller holds the journal's lock.
final class SegmentUnderway {
    let directory: JournalDirectory
    /// The number of the segment's first record.
    let firstSeq: Int
    fileprivate let file: OpenFile
    private var lines: [UInt8] = []

    /// - Parameter size: records that stand in the journal; all of them are on the disk where a new segment begins.
    init(_ directory: JournalDirectory, size: Int) throws(JournalError) {
        self.directory = directory
        let firstSeq = JournalDirectory.firstSeq(ofSegmentHolding: size + 1)
        self.firstSeq = firstSeq
        let isNew = !pathExists(directory.segmentPath(firstSeq: firstSeq))
        file = try directory.openSegment(firstSeq: firstSeq, isNew: isNew)
        guard isNew else { return }
        do { try synchronizeDirectory(directory.path) } catch {
            leavePoison(directory.poisonPath)
            throw .poisoned(directory.poisonPath)
        }
        let sync = try TailSync(directory)
        try sync.begin(file, firstSeq: firstSeq)
        sync.unlock()
    }

    /// Whether that record belongs to the next segment.
    func isBefore(_ seq: Int) -> Bool { JournalDirectory.firstSeq(ofSegmentHolding: seq) > firstSeq }

    func add(_ line: [UInt8]) { lines += line }

    /// Writes what was added, in one piece.
    func flush() throws(JournalError) {
        let (directory, firstSeq) = (directory, firstSeq)
        try directory.write(lines, to: file) { (size) throws(FileFailure) in
            try directory.cutBack(directory.segmentPath(firstSeq: firstSeq), firstSeq: firstSeq, to: size)
        }
        lines = []
    }

    /// Bytes in the file.
    func end() throws(JournalError) -> Int64 {
        do { return try file.size() } catch { throw .file(error) }
    }
}

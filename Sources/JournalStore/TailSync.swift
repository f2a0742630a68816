internal import DurableFiles
internal import JournalFormat
internal import SystemPackage

/// The last segment, while nobody else makes it durable (journal-format.md, "Durable").
///
/// Appenders write under the journal's lock, let it go, and meet here: the first syncs, and those that it finds covered
/// by that sync have nothing left to do. A sync that fails leaves `poisoned` before the next one gets in; one whose end
/// nobody has told leaves doubt, and what is in doubt is written to a new file. A process that wants the journal's lock, too,
/// takes that one first.
struct TailSync: ~Copyable {
    private let directory: JournalDirectory
    private let lock: FileLock

    /// Waits for the one that syncs.
    init(_ directory: JournalDirectory) throws(JournalError) {
        self.directory = directory
        lock = try orFile { () throws(FileFailure) in
            try FileLock(on: directory.withBallast { () throws(FileFailure) in try Self.open(directory) })
        }
    }

    private init(_ directory: JournalDirectory, _ lock: consuming FileLock) {
        self.directory = directory
        self.lock = lock
    }

    /// Nil where somebody is syncing.
    static func attempt(_ directory: JournalDirectory) throws(FileFailure) -> TailSync? {
        guard let lock = try FileLock.tryLock(on: open(directory)) else { return nil }
        return TailSync(directory, lock)
    }

    private static func open(_ directory: JournalDirectory) throws(FileFailure) -> OpenFile {
        try OpenFile(
            regular: directory.durablePath, .readWrite, options: .create, permissions: [.ownerReadWrite, .groupRead])
    }

    /// Whether what the mark says of the segment can be believed.
    func isCertain(_ segment: borrowing OpenFile, firstSeq: Int) throws(FileFailure) -> Bool {
        guard let mark = try DurableMark(readFrom: lock.file) else { return false }
        return try mark.fits(segment, firstSeq: firstSeq) && !mark.isInDoubt
    }

    /// Makes the segment durable, at least up to a byte.
    ///
    /// - Returns: false where that is in doubt, and the segment has to be written again.
    func synchronize(
        _ segment: borrowing OpenFile, firstSeq: Int, through end: Int64
    ) throws(JournalError) -> Bool {
        let found = try orFile { () throws(FileFailure) in try DurableMark(readFrom: lock.file) }
        guard var mark = found else { return false }
        // An older segment was made durable before the next one began.
        if mark.boot == DurableMark.thisBoot, mark.firstSeq > firstSeq { return true }
        guard try orFile({ () throws(FileFailure) in try mark.fits(segment, firstSeq: firstSeq) }) else { return false }
        if mark.bytes >= end { return true }
        if directory.isPoisoned { throw .poisoned(directory.poisonPath) }
        if mark.isInDoubt { return false }
        let size = try orFile { () throws(FileFailure) in try segment.size() }
        mark.isInDoubt = true
        try orFile { () throws(FileFailure) in try write(mark) }
        do { try segment.synchronizeData() } catch {
            leavePoison(directory.poisonPath)
            throw .poisoned(directory.poisonPath)
        }
        (mark.bytes, mark.isInDoubt) = (size, false)
        // Where that fails the lines are on the disk all the same, and who comes next is in doubt and finds out.
        try? write(mark)
        return true
    }

    /// Says that a new segment begins, durable as it is. The one before is.
    func begin(_ segment: borrowing OpenFile, firstSeq: Int) throws(JournalError) {
        do { try write(DurableMark(segment, firstSeq: firstSeq, bytes: 0, isInDoubt: false)) } catch {
            throw .file(error)
        }
    }

    /// Changes the segment and syncs it, so that these bytes of it stay. The caller holds the journal's lock.
    ///
    /// What ends half-way leaves doubt.
    func change(
        _ segment: borrowing OpenFile, firstSeq: Int, keeping bytes: Int64, _ change: () throws(FileFailure) -> Void
    ) throws(FileFailure) {
        let before = try DurableMark(readFrom: lock.file)
        let isCertain = try isCertain(segment, firstSeq: firstSeq)
        let durable = isCertain ? min(before?.bytes ?? 0, bytes) : 0
        try write(DurableMark(segment, firstSeq: firstSeq, bytes: durable, isInDoubt: true))
        try change()
        guard isCertain else { return }
        try? write(DurableMark(segment, firstSeq: firstSeq, bytes: bytes, isInDoubt: false))
    }

    /// Lets the next one in.
    consuming func unlock() {}

    /// Puts a new file in the segment's place: the only way to know what is on the disk after a sync of which nobody knows
    /// how it ended. The caller holds the journal's lock, and has judged what the file is to hold.
    func rewrite(_ path: FilePath, firstSeq: Int, _ bytes: [UInt8]) throws(JournalError) {
        do throws(FileFailure) {
            // The new file may get the old one's number.
            let old = try OpenFile(regular: path, .readOnly)
            try write(DurableMark(old, firstSeq: firstSeq, bytes: 0, isInDoubt: true))
            try directory.withBallast { () throws(FileFailure) in try writeFileAtomically(path, bytes) }
        } catch {
            // Only the directory's own sync comes after the rename: then the new name may not have reached the disk.
            guard error.path == directory.path else { throw .file(error) }
            leavePoison(directory.poisonPath)
            throw .poisoned(directory.poisonPath)
        }
        if let new = try? OpenFile(regular: path, .readOnly),
            let mark = try? DurableMark(new, firstSeq: firstSeq, bytes: Int64(bytes.count), isInDoubt: false)
        {
            try? write(mark)
        }
    }

    private func write(_ mark: DurableMark) throws(FileFailure) {
        try directory.withBallast { () throws(FileFailure) in try mark.write(to: lock.file) }
    }
}

extension JournalDirectory {
    /// Says how far the last segment is on the disk.
    var durablePath: FilePath { path.appending("durable") }

    /// Whether a sync has failed, and the last segment was not written again since.
    var isPoisoned: Bool { pathExists(poisonPath) && !isRewritten }

    /// The last segment and the number of its first record; nil where there is none.
    ///
    /// - Parameter size: records that stand in the journal, where that is known: then nothing is looked for.
    func lastSegment(size: Int? = nil) throws(FileFailure) -> (path: FilePath, firstSeq: Int)? {
        if let size {
            let firstSeq = Self.firstSeq(ofSegmentHolding: size)
            return (segmentPath(firstSeq: firstSeq), firstSeq)
        }
        guard let name = try segmentNames()?.last else { return nil }
        return (path.appending(name), Self.firstSeq(of: path.appending(name)))
    }

    /// Whether nobody has left in doubt which lines of the last segment are on the disk. The caller holds the journal's
    /// lock; a sync that is under way is not doubt.
    ///
    /// - Parameter size: records that stand in the journal; nil where there may be an empty segment after them.
    func isCertain(size: Int? = nil) throws(JournalError) -> Bool {
        do throws(FileFailure) {
            guard pathExists(durablePath), let last = try lastSegment(size: size) else { return false }
            let segment = try OpenFile(regular: last.path, .readOnly)
            let file = try OpenFile(regular: durablePath, .readOnly)
            guard let mark = try DurableMark(readFrom: file), try mark.fits(segment, firstSeq: last.firstSeq) else {
                return false
            }
            if !mark.isInDoubt { return true }
            guard let sync = try TailSync.attempt(self) else { return true }
            return try sync.isCertain(segment, firstSeq: last.firstSeq)
        } catch {
            throw .file(error)
        }
    }

    /// Bytes of the segment that are on the disk; nil where nobody has said so since it was put there whole, or since the
    /// machine was started.
    func durableBytes(of segment: borrowing OpenFile, firstSeq: Int) throws(FileFailure) -> Int64? {
        guard pathExists(durablePath) else { return nil }
        let file = try OpenFile(regular: durablePath, .readOnly)
        guard let mark = try DurableMark(readFrom: file), try mark.fits(segment, firstSeq: firstSeq) else { return nil }
        return mark.bytes
    }

    /// Makes all that a segment holds durable. The caller holds the journal's lock.
    func makeDurable(_ firstSeq: Int, pinnedRoot: KeyID?) throws(JournalError) {
        let path = segmentPath(firstSeq: firstSeq)
        let segment = try orFile { () throws(FileFailure) in try OpenFile(regular: path, .readWrite) }
        let sync = try TailSync(self)
        let end = try orFile { () throws(FileFailure) in try segment.size() }
        let isDone = try sync.synchronize(segment, firstSeq: firstSeq, through: end)
        sync.unlock()
        if !isDone { try resolveDoubt(pinnedRoot: pinnedRoot) }
    }

    /// Writes the last segment again, verified. The caller holds the journal's lock.
    func resolveDoubt(pinnedRoot: KeyID?) throws(JournalError) {
        let replay = try replayForAppending(pinnedRoot: pinnedRoot)
        // Lines that were there when they were written are gone: the next to open the journal repairs that.
        guard replay.tail == nil else { throw .unknownOutcome(durablePath, nil) }
        try rewriteLastSegment()
    }

    /// The same where the caller has verified it.
    func rewriteLastSegment() throws(JournalError) {
        let sync = try TailSync(self)
        guard let last = try orFile({ () throws(FileFailure) in try lastSegment() }) else { return }
        let bytes = try orFile { () throws(FileFailure) in try readFile(last.path, limit: Self.segmentSizeLimit) }
        try sync.rewrite(last.path, firstSeq: last.firstSeq, bytes)
        sync.unlock()
    }

    /// Takes away what was written after these bytes of the last segment. The caller holds the journal's lock.
    func cutBack(_ path: FilePath, firstSeq: Int, to size: Int64) throws(FileFailure) {
        let segment = try OpenFile(regular: path, .readWrite)
        try whileNobodySyncs { (sync) throws(FileFailure) in
            try sync.change(segment, firstSeq: firstSeq, keeping: size) { () throws(FileFailure) in
                try segment.truncate(to: Int(size))
                try segment.synchronize()
            }
        }
    }

    /// Takes an append that failed back.
    func takeBack(to undo: TailPosition) throws(FileFailure) {
        guard let size = undo.size else { return try undo.restore() }
        let firstSeq = Self.firstSeq(of: undo.segment)
        let segment = try OpenFile(regular: undo.segment, .readOnly)
        try whileNobodySyncs { (sync) throws(FileFailure) in
            try sync.change(segment, firstSeq: firstSeq, keeping: size) { () throws(FileFailure) in try undo.restore() }
        }
    }

    private func whileNobodySyncs(_ body: (borrowing TailSync) throws(FileFailure) -> Void) throws(FileFailure) {
        let sync: TailSync
        do throws(JournalError) { sync = try TailSync(self) } catch {
            guard case .file(let failure) = error else { preconditionFailure("only files are opened") }
            throw failure
        }
        try body(sync)
        sync.unlock()
    }
}

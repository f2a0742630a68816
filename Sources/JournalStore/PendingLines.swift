internal import DurableFiles
internal import Glibc
internal import SystemPackage

/// Lines on their way to the disk. `commit` returns only when all of them are there.
struct PendingLines: ~Copyable {
    private let directory: JournalDirectory
    private var firstSeq: Int
    private var bytes: [UInt8] = []

    init(_ directory: JournalDirectory, size: Int) throws(JournalError) {
        self.directory = directory
        firstSeq = JournalDirectory.firstSeq(ofSegmentHolding: size + 1)
    }

    mutating func add(_ line: [UInt8], seq: Int) throws(JournalError) {
        let segment = JournalDirectory.firstSeq(ofSegmentHolding: seq)
        if segment != firstSeq {
            try commit()
            firstSeq = segment
        }
        bytes += line
    }

    mutating func commit() throws(JournalError) {
        guard !bytes.isEmpty else { return }
        let isNew = !pathExists(directory.segmentPath(firstSeq: firstSeq))
        let file = try directory.openSegment(firstSeq: firstSeq, isNew: isNew)
        try directory.write(bytes, to: file) { (size) throws(FileFailure) in try file.truncate(to: Int(size)) }
        do {
            try file.synchronizeData()
            if isNew { try synchronizeDirectory(directory.path) }
        } catch {
            throw .poisoned(directory.poisonPath)
        }
        do { try file.close() } catch { throw .file(error) }
        self.bytes.removeAll()
    }
}

extension JournalDirectory {
    /// A segment to be added to.
    func openSegment(firstSeq: Int, isNew: Bool) throws(JournalError) -> OpenFile {
        try orFile { () throws(FileFailure) in
            try withBallast { () throws(FileFailure) in
                try OpenFile(
                    regular: segmentPath(firstSeq: firstSeq), .writeOnly,
                    options: isNew ? [.append, .create, .exclusiveCreate] : [.append],
                    permissions: [.ownerReadWrite, .groupRead])
            }
        }
    }

    /// Adds lines to an open segment; where the disk is full, once more with the room of the ballast.
    ///
    /// - Parameter cutBack: takes away what was written of them, so that the file has these bytes again.
    func write(
        _ lines: [UInt8], to file: borrowing OpenFile, cutBack: (Int64) throws(FileFailure) -> Void
    ) throws(JournalError) {
        try orFile { () throws(FileFailure) in
            let size = try file.size()
            try withBallast { () throws(FileFailure) in
                // A part of it may have been written before the disk was full.
                if try file.size() != size { try cutBack(size) }
                try file.write(lines.span)
            }
        }
    }
}

extension JournalDirectory {
    /// Makes the last lines durable: a process that was ended between write and sync may have left them in the page
    /// cache only, and such lines must not leave this process or be built on.
    func synchronizeTail(size: Int) throws(JournalError) {
        guard size > 0 else { return }
        let path = segmentPath(firstSeq: Self.firstSeq(ofSegmentHolding: size))
        let file = try orFile { () throws(FileFailure) in try OpenFile(regular: path, .readWrite) }
        do {
            try file.synchronizeData()
            try synchronizeDirectory(self.path)
        } catch {
            leavePoison(poisonPath)
            throw .poisoned(poisonPath)
        }
    }
}

/// Where the journal ended before an append, so that a write that fails half-way leaves no trace.
struct TailPosition {
    private let directory: JournalDirectory
    let segment: FilePath
    /// Nil where the segment does not exist yet.
    let size: Int64?

    init(_ directory: JournalDirectory, _ records: Int) throws(JournalError) {
        self.directory = directory
        segment = directory.segmentPath(firstSeq: JournalDirectory.firstSeq(ofSegmentHolding: records + 1))
        var size: Int64?
        do throws(FileFailure) {
            let file = try OpenFile(regular: segment, .readOnly)
            size = try file.size()
        } catch {
            // Any other failure must not be taken for a segment that is not there: it would be removed.
            guard error.errno == .noSuchFileOrDirectory else { throw .file(error) }
        }
        self.size = size
    }

    /// What stays where this fails is a torn tail, or whole lines that nobody knows of, and both are dealt with when
    /// the journal is opened again.
    func restore() throws(FileFailure) {
        // The newest first: what stays where this is interrupted must still follow what was there.
        for name in (try directory.segmentNames() ?? []).reversed() {
            let path = directory.path.appending(name)
            guard path.string > segment.string || path == segment && size == nil else { break }
            try removeFile(path)
        }
        guard let size else { return try synchronizeDirectory(directory.path) }
        let file = try OpenFile(regular: segment, .readWrite)
        try file.truncate(to: Int(size))
        try file.synchronize()
    }
}

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
        let path = directory.segmentPath(firstSeq: firstSeq)
        let isNew = !pathExists(path)
        let file = try orFile { () throws(FileFailure) in
            try OpenFile(
                path, .writeOnly, options: isNew ? [.append, .create, .exclusiveCreate] : [.append],
                permissions: [.ownerReadWrite, .groupRead, .otherRead])
        }
        try orFile { () throws(FileFailure) in try file.write(bytes.span) }
        do {
            try file.synchronizeData()
            if isNew { try synchronizeDirectory(directory.path) }
        } catch {
            throw .poisoned(directory.poisonPath)
        }
        do { try file.close() } catch { throw .file(error) }
        bytes.removeAll()
    }
}

/// Where the journal ended before an append, so that a write that fails half-way leaves no trace.
struct TailPosition {
    private let directory: JournalDirectory
    private let segment: FilePath
    private let nextSegment: FilePath
    private let size: Int64?

    init(_ directory: JournalDirectory, _ records: Int) {
        self.directory = directory
        let first = JournalDirectory.firstSeq(ofSegmentHolding: records + 1)
        segment = directory.segmentPath(firstSeq: first)
        nextSegment = directory.segmentPath(firstSeq: first + JournalDirectory.recordsInSegment)
        size = (try? segment.stat())?.size
    }

    /// Best effort: what stays is a torn tail, or whole lines that nobody was told of, and both are dealt with when
    /// the journal is opened again.
    func restore() {
        try? removeFile(nextSegment)
        guard let size else {
            try? removeFile(segment)
            return
        }
        guard let file = try? OpenFile(segment, .readWrite) else { return }
        try? file.truncate(to: Int(size))
        try? file.synchronize()
    }
}

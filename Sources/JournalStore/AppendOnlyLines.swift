internal import Digest
internal import DurableFiles
internal import SystemPackage

/// A file of lines that only grows, kept like a journal's last segment: a line counts once it is on the disk, a torn
/// one is kept aside before it is cut away, and a sync that fails stops every later writer. The caller holds a lock.
struct AppendOnlyLines {
    private static let limit = 1 << 30

    let path: FilePath
    private let poisonPath: FilePath
    /// Whole lines, each with its LF.
    private(set) var bytes: [UInt8] = []
    /// Bytes that were kept aside when the file was opened.
    private(set) var tornBytes = 0

    /// Reads the file, which may be missing, and makes what it holds durable: a process that was ended between write
    /// and sync may have left it in the page cache only.
    init(_ path: FilePath, poison: FilePath) throws(JournalError) {
        self.path = path
        poisonPath = poison
        if pathExists(poison) { throw .poisoned(poison) }
        guard pathExists(path) else { return }
        let all = try orFile { () throws(FileFailure) in try readFile(path, limit: Self.limit) }
        let end = wholeLinesEnd(all)
        if end < all.count { try setAside(Array(all[end...]), from: end) }
        bytes = Array(all[..<end])
        do {
            let file = try OpenFile(regular: path, .readWrite)
            try file.synchronizeData()
        } catch {
            leavePoison(poisonPath)
            throw .poisoned(poisonPath)
        }
    }

    private mutating func setAside(_ tail: [UInt8], from end: Int) throws(JournalError) {
        try orFile { () throws(FileFailure) in
            try keepTornBytes(tail, beside: path, name: "\(path.stem ?? "lines")-\(end)")
            let file = try OpenFile(regular: path, .readWrite)
            try file.truncate(to: end)
            try file.synchronize()
        }
        tornBytes = tail.count
    }

    /// Adds whole lines, durably, all or none.
    mutating func append(_ lines: [UInt8]) throws(JournalError) {
        guard !lines.isEmpty else { return }
        let path = path
        let isNew = !pathExists(path)
        let file = try orFile { () throws(FileFailure) in
            try OpenFile(
                regular: path, .writeOnly, options: isNew ? [.append, .create, .exclusiveCreate] : .append,
                permissions: [.ownerReadWrite])
        }
        do throws(FileFailure) { try file.write(lines.span) } catch {
            let failed = error
            // What cannot be cut away is a torn tail, or whole lines, and is dealt with when the file is opened again.
            do throws(FileFailure) {
                try file.truncate(to: bytes.count)
                try file.synchronize()
            } catch let failure {
                throw .unknownOutcome(path, failure)
            }
            throw .file(failed)
        }
        do {
            try file.synchronizeData()
            if isNew { try synchronizeDirectory(path.removingLastComponent()) }
        } catch {
            leavePoison(poisonPath)
            throw .unknownOutcome(poisonPath, nil)
        }
        bytes += lines
    }

}

/// Marks that a write was not confirmed by the disk. Its name alone says it; it is not written the durable way, which
/// leaves nothing where a sync fails: here one has just failed, and the next may fail too.
func leavePoison(_ path: FilePath) {
    if let file = try? OpenFile(
        path, .writeOnly, options: [.create, .truncate], permissions: .ownerReadWrite)
    {
        try? file.write(Array("a write was not confirmed by the disk\n".utf8).span)
        try? file.synchronize()
    }
    try? synchronizeDirectory(path.removingLastComponent())
}

/// Keeps the bytes of a torn line as `torn-NAME-HASH`; an interrupted try leaves the same file.
func keepTornBytes(_ tail: [UInt8], beside path: FilePath, name: String) throws(FileFailure) {
    try writeFileAtomically(
        path.sibling("torn-\(name)-\(SHA256.hash(tail.span).hex.prefix(16))"), tail, permissions: [.ownerReadWrite])
}

/// Where the last line of such a file ends that was written to its end: it has its LF and holds no NUL. An earlier line with
/// a NUL is damage: here no head is acknowledged that would tell what may be lost.
func wholeLinesEnd(_ bytes: [UInt8]) -> Int {
    guard let last = bytes.lastIndex(of: UInt8(ascii: "\n")) else { return 0 }
    guard last == bytes.count - 1 else { return last + 1 }
    let start = bytes[..<last].lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
    return bytes[start...].contains(0) ? start : bytes.count
}

/// Cuts after each LF, which is left out.
func wholeLines(_ bytes: [UInt8]) -> [ArraySlice<UInt8>] {
    var lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    if lines.last?.isEmpty ?? false { lines.removeLast() }
    return lines
}

internal import CLinux
internal import DurableFiles
internal import Glibc
internal import SystemPackage

/// A file that is being made next to the place it is for, under a name that nobody takes for a finished one:
/// `.NAME.sealing` or `.NAME.opening`.
///
/// A kernel lock is held on it for as long as it is open, so two programs do not make the same file at once,
/// and what a crash left is known by its lock being free.
struct TemporaryFile: ~Copyable {
    enum Purpose: String {
        case sealing, opening
    }

    /// Another process holds the lock.
    struct BusyError: Error {}

    let file: OpenFile
    let finalPath: FilePath

    var path: FilePath { file.path }

    static func path(for finalPath: FilePath, _ purpose: Purpose) -> FilePath {
        finalPath.sibling(".\(finalPath.lastComponent?.string ?? "file").\(purpose.rawValue)")
    }

    /// A new, empty file of mode 0600; a leftover of the same name is removed. Throws `BusyError` or `FileFailure`.
    init(for finalPath: FilePath, _ purpose: Purpose) throws {
        let path = Self.path(for: finalPath, purpose)
        // The lock of the leftover is held until the new file stands in its place.
        let leftover = try Self.lockedLeftover(path)
        if leftover != nil { try removeFile(path) }
        let file = try OpenFile(
            path, .writeOnly, options: [.create, .exclusiveCreate, .noFollow], permissions: .ownerReadWrite)
        try Self.lock(file)
        self.file = file
        self.finalPath = finalPath
    }

    /// Takes over what an earlier run left; nil where there is nothing.
    init?(leftoverFor finalPath: FilePath, _ purpose: Purpose) throws {
        guard let file = try Self.lockedLeftover(Self.path(for: finalPath, purpose)) else { return nil }
        self.file = file
        self.finalPath = finalPath
    }

    private static func lockedLeftover(_ path: FilePath) throws -> OpenFile? {
        while true {
            guard let file = try existing(path) else { return nil }
            try lock(file)
            // Another process may have put a new file in its place meanwhile.
            let held = try attempt("look at", path) { try file.descriptor.stat() }
            if let named = try? path.stat(followTargetSymlink: false), named.inode == held.inode,
                named.deviceID == held.deviceID
            {
                return file
            }
        }
    }

    private static func existing(_ path: FilePath) throws(FileFailure) -> OpenFile? {
        do {
            return try OpenFile(regular: path, .readOnly)
        } catch {
            if error.errno == .noSuchFileOrDirectory { return nil }
            throw error
        }
    }

    private static func lock(_ file: borrowing OpenFile) throws {
        if clinux_flock(file.descriptor.rawValue, LOCK_EX | LOCK_NB) == 0 { return }
        if clinux_errno() == EWOULDBLOCK { throw BusyError() }
        throw FileFailure("lock", file.path, Errno(rawValue: clinux_errno()))
    }

    /// Content and final mode are on the disk when this returns.
    static func makeDurable(
        _ descriptor: FileDescriptor, _ path: FilePath, permissions: FilePermissions
    ) throws(FileFailure) {
        try check(fchmod(descriptor.rawValue, permissions.rawValue), "set the mode of", path)
        try check(fsync(descriptor.rawValue), "make durable", path)
    }

    /// Gives the file its name, durably.
    func publish(replacing: Bool) throws(FileFailure) {
        if replacing {
            try check(unsafe rename(path.string, finalPath.string), "rename to", finalPath)
            try synchronizeDirectory(finalPath.removingLastComponent())
        } else {
            try renameToNewName(path, finalPath)
        }
    }

    /// A child that another thread is just starting holds a copy of the open file until it becomes its program, and
    /// with it the lock, unless that is given up.
    deinit {
        _ = clinux_flock(file.descriptor.rawValue, LOCK_UN)
    }

    /// Removes the file; that it cannot be removed is no further failure of what failed already.
    func remove() {
        _ = unsafe unlink(path.string)
    }
}

internal import CLinux
internal import Glibc
package import SystemPackage

/// A kernel lock (`flock(2)`) on a file of its own, or on a directory: the kernel lets it go when the process ends, however it ends,
/// so a stale lock cannot exist.
package struct FileLock: ~Copyable {
    private let file: OpenFile

    /// Waits until no other process holds the lock.
    package init(_ path: FilePath) throws(FileFailure) {
        try self.init(on: Self.open(path))
    }

    /// Waits for the lock on a file or directory that is already open. Each opening of a file counts as a holder of its own, so
    /// two threads of one process exclude each other too.
    package init(on file: consuming OpenFile) throws(FileFailure) {
        var result: Int32
        repeat {
            result = clinux_flock(file.descriptor.rawValue, LOCK_EX)
        } while result != 0 && clinux_errno() == EINTR
        try check(result, "lock", file.path)
        self.file = file
    }

    /// Nil where another process holds the lock.
    package static func tryLock(_ path: FilePath) throws(FileFailure) -> FileLock? {
        try tryLock(on: open(path))
    }

    /// Nil where another opening of the file holds the lock.
    package static func tryLock(on file: consuming OpenFile) throws(FileFailure) -> FileLock? {
        if clinux_flock(file.descriptor.rawValue, LOCK_EX | LOCK_NB) == 0 { return FileLock(holding: file) }
        if clinux_errno() == EWOULDBLOCK { return nil }
        throw FileFailure("lock", file.path, Errno(rawValue: clinux_errno()))
    }

    /// Keeps the lock when another program takes this process's place (execve(2)), and for as long as that runs.
    package consuming func outliveProcess() throws(FileFailure) {
        let path = file.path
        let descriptor = try attempt("keep", path) { try file.descriptor.duplicate() }
        try check(fcntl(descriptor.rawValue, F_SETFD, 0), "keep", path)
    }

    /// Lets the lock go now.
    package consuming func unlock() {}

    private static func open(_ path: FilePath) throws(FileFailure) -> OpenFile {
        try OpenFile(
            path, .readWrite, options: [.create, .noFollow], permissions: [.ownerReadWrite, .groupReadWrite])
    }

    private init(holding file: consuming OpenFile) {
        self.file = file
    }
}

internal import CLinux
internal import Glibc
package import SystemPackage

/// A kernel lock (`flock(2)`) on a file of its own: the kernel lets it go when the process ends, however it ends,
/// so a stale lock cannot exist.
package struct FileLock: ~Copyable {
    private let file: OpenFile

    /// Waits until no other process holds the lock.
    package init(_ path: FilePath) throws(FileFailure) {
        let file = try OpenFile(
            path, .readWrite, options: [.create, .noFollow], permissions: [.ownerReadWrite, .groupReadWrite])
        var result: Int32
        repeat {
            result = clinux_flock(file.descriptor.rawValue, LOCK_EX)
        } while result != 0 && clinux_errno() == EINTR
        try check(result, "lock", path)
        self.file = file
    }

    /// Nil where another process holds the lock.
    package static func tryLock(_ path: FilePath) throws(FileFailure) -> FileLock? {
        let file = try OpenFile(
            path, .readWrite, options: [.create, .noFollow], permissions: [.ownerReadWrite, .groupReadWrite])
        if clinux_flock(file.descriptor.rawValue, LOCK_EX | LOCK_NB) == 0 { return FileLock(holding: file) }
        if clinux_errno() == EWOULDBLOCK { return nil }
        throw FileFailure("lock", path, Errno(rawValue: clinux_errno()))
    }

    private init(holding file: consuming OpenFile) {
        self.file = file
    }
}

internal import CLinux
internal import Glibc
package import SystemPackage

/// How full a file system is, in bytes.
package struct FileSystemSpace: Sendable, Equatable {
    /// What an ordinary user may still take.
    package let free: Int
    package let total: Int

    /// `statvfs(3)` of the file system that holds the path, or will, where it does not exist yet. Where nobody but root
    /// may look, as into `restore/` on a server, the directory above answers.
    package init(holding path: FilePath) throws(FileFailure) {
        var path = path
        var status = statvfs()
        while unsafe statvfs(path.isEmpty ? "." : path.string, &status) != 0 {
            let failure = Errno(rawValue: clinux_errno())
            guard failure == .noSuchFileOrDirectory || failure == .permissionDenied, !path.isEmpty,
                path.removeLastComponent()
            else {
                throw FileFailure("look at the file system of", path, failure)
            }
        }
        free = Int(
            clamping: UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize)).partialValue)
        total = Int(
            clamping: UInt64(status.f_blocks).multipliedReportingOverflow(by: UInt64(status.f_frsize)).partialValue)
    }
}

/// Whether a file can be renamed into a directory: both are of one file system, and of one subvolume.
package func canRename(_ file: FilePath, into directory: FilePath) throws(FileFailure) -> Bool {
    let device = try attempt("look at", file) { try file.stat(followTargetSymlink: false).deviceID }
    return try attempt("look at", directory) { try directory.stat().deviceID } == device
}

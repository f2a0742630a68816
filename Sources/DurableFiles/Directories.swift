internal import CLinux
internal import Glibc
package import SystemPackage

/// Makes a directory and those above it, where they are missing.
package func makeDirectories(_ path: FilePath, permissions: UInt32 = 0o750) throws(FileFailure) {
    if path.isEmpty { return }
    if unsafe mkdir(path.string, permissions) == 0 { return }
    let failure = Errno(rawValue: clinux_errno())
    switch failure {
    case .fileExists:
        return
    case .noSuchFileOrDirectory where path.removingLastComponent() != path:
        try makeDirectories(path.removingLastComponent(), permissions: permissions)
        try check(unsafe mkdir(path.string, permissions), "make directory", path)
    default:
        throw FileFailure("make directory", path, failure)
    }
}

/// The names in a directory, sorted, without `.` and `..`; nil where there is no such directory.
package func namesInDirectory(_ path: FilePath) throws(FileFailure) -> [String]? {
    guard let directory = unsafe opendir(path.string) else {
        let failure = Errno(rawValue: clinux_errno())
        if failure == .noSuchFileOrDirectory { return nil }
        throw FileFailure("list", path, failure)
    }
    return try unsafe names(readFrom: directory, path)
}

/// Reads the stream to its end and closes it.
func names(readFrom directory: OpaquePointer, _ path: @autoclosure () -> FilePath) throws(FileFailure) -> [String] {
    defer { _ = unsafe closedir(directory) }
    var names: [String] = []
    while true {
        clinux_set_errno(0)
        guard let entry = unsafe readdir(directory) else {
            let failure = clinux_errno()
            if failure != 0 { throw FileFailure("list", path(), Errno(rawValue: failure)) }
            return names.sorted()
        }
        let name = unsafe String(cString: clinux_name(entry))
        if name != "." && name != ".." { names.append(name) }
    }
}

/// Whether the name exists; a symbolic link is not followed. Where the system cannot tell, it is taken to be there:
/// what then opens it meets the failure, and a mark that forbids something is not overlooked.
package func pathExists(_ path: FilePath) -> Bool {
    var status = stat()
    if unsafe lstat(path.string, &status) == 0 { return true }
    let failure = Errno(rawValue: clinux_errno())
    return failure != .noSuchFileOrDirectory && failure != .notDirectory
}

/// Whether the name is there and is anything but a regular file: a symbolic link, which is not followed, a directory, a
/// FIFO. Where the system cannot tell, it is not: what then opens it meets the failure.
package func isSpecialFile(_ path: FilePath) -> Bool {
    var status = stat()
    return unsafe lstat(path.string, &status) == 0 && status.st_mode & S_IFMT != S_IFREG
}

/// Removes a file; that it is already gone is not a failure.
package func removeFile(_ path: FilePath) throws(FileFailure) {
    if unsafe unlink(path.string) != 0 {
        let failure = Errno(rawValue: clinux_errno())
        if failure != .noSuchFileOrDirectory { throw FileFailure("remove", path, failure) }
    }
}

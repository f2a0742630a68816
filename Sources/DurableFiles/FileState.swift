internal import CLinux
internal import Glibc
internal import SystemPackage

/// What a file looks like from outside. A write to it changes size or modification time, so two equal states of one
/// file mean that its content was not written in between.
package struct FileState: Equatable, Sendable {
    /// Bytes.
    package let size: Int64
    /// Nanoseconds since 1970.
    package let modified: Int64
    package let isRegular: Bool
}

extension OpenFile {
    /// `fstat(2)`.
    package func state() throws(FileFailure) -> FileState {
        var status = Glibc.stat()
        try check(unsafe fstat(descriptor.rawValue, &status), "look at", path)
        return FileState(
            size: Int64(status.st_size),
            modified: Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec),
            isRegular: status.st_mode & S_IFMT == S_IFREG)
    }

    /// The extended attribute `user.<name>` (`xattr(7)`), at most 256 bytes; nil where there is none, it is longer,
    /// or the file system knows none.
    package func attribute(_ name: String) -> [UInt8]? {
        var value = [UInt8](repeating: 0, count: 256)
        let count = unsafe value.withUnsafeMutableBytes {
            unsafe fgetxattr(descriptor.rawValue, "user.\(name)", $0.baseAddress, $0.count)
        }
        return count < 0 ? nil : Array(value[..<count])
    }

    /// Sets `user.<name>`; false where the file system does not take it.
    package func setAttribute(_ name: String, _ value: [UInt8]) -> Bool {
        unsafe value.withUnsafeBytes {
            unsafe fsetxattr(descriptor.rawValue, "user.\(name)", $0.baseAddress, $0.count, 0)
        } == 0
    }
}

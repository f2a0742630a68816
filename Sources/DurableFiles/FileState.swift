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

/// Which file this is and when it was last touched. Equal stamps at two moments of one boot mean that nobody has
/// written to it, truncated it, or put another in its place between them.
package struct FileStamp: Equatable, Sendable, CustomStringConvertible {
    fileprivate let device: UInt64
    fileprivate let inode: UInt64
    /// Bytes.
    package let size: Int64
    /// `st_ctim`, nanoseconds since 1970: no program can set it.
    fileprivate let changed: Int64

    /// The file's own, whatever is written to it.
    package var identity: String { "\(device):\(inode)" }

    package var description: String { "\(device):\(inode):\(size):\(changed)" }
}

extension OpenFile {
    /// `fstat(2)`.
    package func stamp() throws(FileFailure) -> FileStamp {
        var status = Glibc.stat()
        try check(unsafe fstat(descriptor.rawValue, &status), "look at", path)
        return FileStamp(
            device: UInt64(status.st_dev), inode: UInt64(status.st_ino), size: Int64(status.st_size),
            changed: Int64(status.st_ctim.tv_sec) * 1_000_000_000 + Int64(status.st_ctim.tv_nsec))
    }

    /// Up to `count` bytes from an offset on, fewer where the file ends.
    package func read(_ count: Int, at offset: Int64) throws(FileFailure) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var filled = 0
        while filled < count {
            let start = filled
            let read = try attempt("read", path) {
                try unsafe bytes.withUnsafeMutableBytes { buffer in
                    try unsafe descriptor.read(
                        fromAbsoluteOffset: offset + Int64(start),
                        into: UnsafeMutableRawBufferPointer(rebasing: buffer[start...]))
                }
            }
            if read == 0 { break }
            filled += read
        }
        bytes.removeLast(count - filled)
        return bytes
    }

    /// Writes all of the bytes at an offset.
    package func write(_ bytes: Span<UInt8>, at offset: Int64) throws(FileFailure) {
        try attempt("write", path) {
            try unsafe bytes.withUnsafeBytes { bytes in
                var written = 0
                while written < bytes.count {
                    written += try unsafe descriptor.write(
                        toAbsoluteOffset: offset + Int64(written), UnsafeRawBufferPointer(rebasing: bytes[written...]))
                }
            }
        }
    }
}

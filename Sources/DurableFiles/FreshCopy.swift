internal import CLinux
internal import Glibc
package import SystemPackage

/// A file's content in an inode that nobody else has ever had open, under a temporary name next to the one that it is
/// to get. Whatever becomes of the source from now on, and no matter who still writes to it, this stays what it is.
///
/// Where it gets no name it is removed, and what a killed process has left goes with the next copy for the same name.
package struct FreshCopy: ~Copyable {
    private let source: OpenFile
    private let unfinished: UnfinishedFile
    private var isNamed = false
    /// Bytes of the source when it was opened, and of the copy.
    package let size: Int64

    /// Opens the source, which must be a regular file and no symbolic link, and makes an empty file for its copy.
    package init(of path: FilePath, for target: FilePath) throws(FileFailure) {
        UnfinishedFile.removeLeftovers(of: target)
        // A pipe would be waited for.
        let source = try OpenFile(path, .readOnly, options: [.noFollow, .nonBlocking])
        let state = try source.state()
        guard state.isRegular else { throw FileFailure("copy", path, .invalidArgument) }
        let unfinished = try UnfinishedFile(for: target, permissions: .ownerReadWrite)
        self.source = source
        self.unfinished = unfinished
        size = state.size
    }

    package var path: FilePath { unfinished.path }

    /// Whether a copy within the file system of that directory needs as much room again.
    package static func takesRoom(in directory: FilePath) -> Bool {
        guard let file = try? OpenFile(directory, .readOnly, options: .directory) else { return true }
        return clinux_is_btrfs(file.descriptor.rawValue) != 1
    }

    /// Shares the source's extents, which takes no room; false where the file system cannot do that.
    package func clone() throws(FileFailure) -> Bool {
        if clinux_clone_file(unfinished.file.descriptor.rawValue, source.descriptor.rawValue) == 0 {
            // What was appended since it was opened is none of it.
            try unfinished.file.truncate(to: Int(size))
            return true
        }
        let failure = Errno(rawValue: clinux_errno())
        let cannot: [Errno] = [
            .notSupported, .improperLink, .invalidArgument, .inappropriateIOCTLForDevice, .noFunction,
        ]
        guard cannot.contains(failure) else { throw FileFailure("clone", source.path, failure) }
        return false
    }

    /// Reads the source and writes what it holds.
    package func copy() throws(FileFailure) {
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        var left = size
        while left > 0 {
            let count = Int(min(left, Int64(try source.read(into: &buffer))))
            if count == 0 { return }
            try unfinished.file.write(buffer.span.extracting(..<count))
            left -= Int64(count)
        }
    }

    /// Makes the copy durable and leaves it readable alone.
    package func finish() throws(FileFailure) {
        try check(fchmod(unfinished.file.descriptor.rawValue, 0o440), "set the mode of", path)
        try unfinished.file.synchronize()
    }

    /// Gives it its name, durably. Fails with `EEXIST` where that is taken.
    package consuming func rename(to target: FilePath) throws(FileFailure) {
        try renameToNewName(path, target)
        isNamed = true
    }

    /// It has got a name: nothing is removed any more.
    package consuming func wasRenamed() { isNamed = true }

    deinit {
        if !isNamed { unfinished.remove() }
    }
}

internal import CLinux
internal import Glibc
package import SystemPackage

/// The owner of an open descriptor: closed when it is let go, or by `close()`, which reports what the system says.
package struct OpenFile: ~Copyable {
    package let descriptor: FileDescriptor
    private let place: FoundPath
    private var isOpen = true

    package var path: FilePath { place.whole }

    /// Takes over a descriptor that is already open.
    package init(adopting descriptor: FileDescriptor, path: FilePath) {
        self.init(adopting: descriptor, place: FoundPath(beginning: path))
    }

    init(adopting descriptor: FileDescriptor, place: FoundPath) {
        self.descriptor = descriptor
        self.place = place
    }

    /// `open(2)`; never inherited by a child process.
    package init(
        _ path: FilePath, _ mode: FileDescriptor.AccessMode, options: FileDescriptor.OpenOptions = [],
        permissions: FilePermissions? = nil
    ) throws(FileFailure) {
        self.init(adopting: try Self.open(path, mode, options, permissions), path: path)
    }

    private static func open(
        _ path: FilePath, _ mode: FileDescriptor.AccessMode, _ options: FileDescriptor.OpenOptions,
        _ permissions: FilePermissions?
    ) throws(FileFailure) -> FileDescriptor {
        try attempt("open", path) {
            try FileDescriptor.open(path, mode, options: options.union(.closeOnExec), permissions: permissions)
        }
    }

    /// `open(2)` of what must be a regular file: neither a pipe's other end nor a device is waited for, and nothing is read
    /// from them. A symbolic link is followed only where a person may have put it there.
    package init(
        regular path: FilePath, _ mode: FileDescriptor.AccessMode, options: FileDescriptor.OpenOptions = [],
        permissions: FilePermissions? = nil, followsLinks: Bool = false
    ) throws(FileFailure) {
        func special(_ what: String) -> FileFailure {
            FileFailure("use", path, .invalidArgument, reason: "it is \(what)")
        }
        let options = options.union(followsLinks ? .nonBlocking : [.nonBlocking, .noFollow])
        let descriptor: FileDescriptor
        do throws(FileFailure) {
            descriptor = try Self.open(path, mode, options, permissions)
        } catch {
            switch error.errno {
            case .tooManySymbolicLinkLevels where !followsLinks: throw special("a symbolic link")
            case .noSuchAddressOrDevice, .isDirectory: throw special("not a regular file")
            default: throw error
            }
        }
        guard (try? descriptor.stat().type) == .regular else {
            try? descriptor.close()
            throw special("not a regular file")
        }
        self.init(adopting: descriptor, path: path)
    }

    /// Bytes in the file.
    package func size() throws(FileFailure) -> Int64 {
        try attempt("look at", path) { try descriptor.stat().size }
    }

    /// Names that the file has; 0 once it was removed.
    func linkCount() throws(FileFailure) -> Int {
        try attempt("look at", path) { Int(try descriptor.stat().linkCount) }
    }

    /// Writes all of the bytes.
    package func write(_ bytes: Span<UInt8>) throws(FileFailure) {
        try attempt("write", path) {
            try unsafe bytes.withUnsafeBytes { bytes in
                var written = 0
                while written < bytes.count {
                    written += try unsafe descriptor.write(UnsafeRawBufferPointer(rebasing: bytes[written...]))
                }
            }
        }
    }

    /// Fills `buffer` as far as the file goes; returns how many bytes were read, 0 at the end.
    package func read(into buffer: inout [UInt8]) throws(FileFailure) -> Int {
        try attempt("read", path) {
            try unsafe buffer.withUnsafeMutableBytes { try unsafe descriptor.read(into: $0) }
        }
    }

    /// `lseek(2)` from the start.
    package func seek(to offset: Int64) throws(FileFailure) {
        _ = try attempt("seek in", path) { try descriptor.seek(offset: offset, from: .start) }
    }

    /// Everything from here to the end; a file larger than `limit` is refused.
    package func readToEnd(limit: Int) throws(FileFailure) -> [UInt8] {
        // The size is a guess: the file may grow meanwhile, and a pipe has none.
        let guess = Int(min(max(try size(), 0), Int64(limit))) + 1
        var all = try firstRead(guess)
        var filled = all.count
        if filled == 0 { return all }
        if filled > limit { throw FileFailure("read", path, .fileTooLarge) }
        // One byte more than was found, at least: only a read that gives nothing says that this is the end.
        let room = min(1 << 16, limit - filled + 1)
        all.append(contentsOf: repeatElement(0, count: filled < guess ? guess - filled : room))
        while true {
            let count = try read(into: &all, from: filled)
            if count == 0 { break }
            filled += count
            if filled > limit { throw FileFailure("read", path, .fileTooLarge) }
            if filled == all.count { all.append(contentsOf: repeatElement(0, count: max(1 << 16, all.count))) }
        }
        all.removeLast(all.count - filled)
        return all
    }

    /// What one `read(2)` gives, into memory that nobody fills with zeros first.
    private func firstRead(_ count: Int) throws(FileFailure) -> [UInt8] {
        try attempt("read", path) {
            try unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
                filled = try unsafe descriptor.read(into: UnsafeMutableRawBufferPointer(buffer))
            }
        }
    }

    private func read(into buffer: inout [UInt8], from start: Int) throws(FileFailure) -> Int {
        try attempt("read", path) {
            try unsafe buffer.withUnsafeMutableBytes { bytes in
                try unsafe descriptor.read(into: UnsafeMutableRawBufferPointer(rebasing: bytes[start...]))
            }
        }
    }

    /// `ftruncate(2)`
    package func truncate(to size: Int) throws(FileFailure) {
        try check(ftruncate(descriptor.rawValue, size), "cut", path)
    }

    /// `fdatasync(2)`: the content is on the disk when this returns. A failure must never be retried:
    /// the second call may succeed although the data is gone.
    package func synchronizeData() throws(FileFailure) {
        try check(fdatasync(descriptor.rawValue), "make durable", path)
    }

    /// `fsync(2)`: content and attributes.
    package func synchronize() throws(FileFailure) {
        try check(fsync(descriptor.rawValue), "make durable", path)
    }

    /// Hands the descriptor over: it is closed by the caller.
    package consuming func surrender() -> FileDescriptor {
        isOpen = false
        return descriptor
    }

    /// Closes and reports; after this the descriptor is gone.
    package consuming func close() throws(FileFailure) {
        isOpen = false
        let descriptor = self.descriptor
        try attempt("close", path) { try descriptor.close() }
    }

    deinit {
        if isOpen { try? descriptor.close() }
    }
}

extension FileDescriptor.OpenOptions {
    /// A file that has no name, below the directory that is named (`O_TMPFILE` of open(2)); gone once it is closed.
    package static var withoutName: FileDescriptor.OpenOptions { .init(rawValue: 0o20_000_000 | directory.rawValue) }
}

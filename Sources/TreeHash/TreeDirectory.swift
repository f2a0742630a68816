internal import CLinux
internal import DurableFiles
internal import Glibc
internal import SystemPackage

/// A name below an open directory, as bytes that end with a zero.
typealias EntryName = [UInt8]

/// The owner of an open directory of a tree; its entries are looked at by name, and no symbolic link is followed.
///
/// Every call takes one name and not a path, so nothing depends on how long the path is.
final class TreeDirectory: Sendable {
    static let itself: EntryName = [UInt8(ascii: "."), 0]
    static let above: EntryName = [UInt8(ascii: "."), UInt8(ascii: "."), 0]

    private let descriptor: Int32

    private init(adopting descriptor: Int32) {
        self.descriptor = descriptor
    }

    /// Opens by path; in `path` itself symbolic links are followed.
    convenience init(_ path: FilePath) throws(FileFailure) {
        let opened = try attempt("open", path) {
            try FileDescriptor.open(path, .readOnly, options: [.directory, .closeOnExec])
        }
        self.init(adopting: opened.rawValue)
    }

    func directory(_ name: EntryName) throws(Errno) -> TreeDirectory {
        TreeDirectory(adopting: try open(name, O_RDONLY | O_DIRECTORY))
    }

    /// A regular file, to be read; the caller closes it.
    func file(_ name: EntryName) throws(Errno) -> FileDescriptor {
        FileDescriptor(rawValue: try open(name, O_RDONLY | O_NONBLOCK))
    }

    func status(_ name: EntryName) throws(Errno) -> stat {
        var status = stat()
        if unsafe clinux_status_at(descriptor, name, &status) != 0 { throw Errno(rawValue: clinux_errno()) }
        return status
    }

    /// `clinux_search` in the subvolume that this directory is the top of; `memory` has `size` bytes.
    func search(_ search: inout clinux_search, _ memory: inout [UInt64], _ size: Int) -> Int {
        unsafe memory.withUnsafeMutableBytes { bytes in
            precondition(bytes.count >= size)
            return unsafe clinux_search(
                descriptor, &search, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), size)
        }
    }

    var isOnBtrfs: Bool { clinux_is_btrfs(descriptor) == 1 }

    /// The names in it but `.` and `..`, in the order of their bytes.
    func names() throws(Errno) -> [EntryName] {
        var names: [EntryName] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 15)
        while true {
            let count = unsafe clinux_entries(descriptor, &buffer, buffer.count)
            if count < 0 { throw Errno(rawValue: clinux_errno()) }
            if count == 0 { break }
            // getdents64(2): 8 bytes inode, 8 offset, 2 length of the entry, 1 type, the name and a zero.
            var start = 0
            while start + 19 < count {
                let length = Int(buffer[start + 16]) | Int(buffer[start + 17]) << 8
                let end = buffer[(start + 19)...].firstIndex(of: 0) ?? start + length
                let name = Array(buffer[(start + 19)..<end]) + [0]
                if name != Self.itself && name != Self.above { names.append(name) }
                start += max(length, 1)
            }
        }
        // The zero is less than any other byte, so a name comes before those that it begins.
        names.sort { $0.lexicographicallyPrecedes($1) }
        return names
    }

    func linkTarget(_ name: EntryName) throws(Errno) -> [UInt8] {
        try grown(from: 256) { buffer in
            let count = unsafe clinux_link_target_at(descriptor, name, &buffer, buffer.count)
            // A full buffer may hold only a part.
            return count == buffer.count ? nil : count
        }
    }

    /// Extended attributes, ACLs among them, in the order of their keys' bytes. Those named `trusted.` show to root.
    func attributes(_ name: EntryName) throws(Errno) -> [(key: [UInt8], value: [UInt8])] {
        let list: [UInt8]
        do {
            list = try grown(from: 1024) { buffer in
                Self.sized(unsafe clinux_attributes_at(descriptor, name, &buffer, buffer.count))
            }
        } catch {
            // A file system without them.
            if error == .notSupported { return [] }
            throw error
        }
        if list.isEmpty { return [] }
        let keys = list.split(separator: 0).map { Array($0) }.sorted { $0.lexicographicallyPrecedes($1) }
        var attributes: [(key: [UInt8], value: [UInt8])] = []
        for key in keys {
            let value = try grown(from: 1024) { buffer in
                Self.sized(unsafe clinux_attribute_at(descriptor, name, key + [0], &buffer, buffer.count))
            }
            attributes.append((key, value))
        }
        return attributes
    }

    /// Removes what has that name, and leaves the directory's times as they were.
    func unlinkUnseen(_ name: EntryName) throws(Errno) {
        if unsafe clinux_unlink_unseen(descriptor, name) != 0 { throw Errno(rawValue: clinux_errno()) }
    }

    /// What chattr(1) sets; nil where the file system keeps no such flags.
    func inodeFlags(_ name: EntryName) throws(Errno) -> UInt32? {
        let opened = try open(name, O_RDONLY | O_NONBLOCK)
        defer { Glibc.close(opened) }
        var flags: UInt32 = 0
        if unsafe clinux_inode_flags(opened, &flags) == 0 { return flags }
        return nil
    }

    /// ERANGE says that the buffer is too small.
    private static func sized(_ count: Int) -> Int? { count < 0 && clinux_errno() == ERANGE ? nil : count }

    /// Fills a buffer, a larger one as long as `fill` returns nil.
    private func grown(from size: Int, _ fill: (inout [UInt8]) -> Int?) throws(Errno) -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: size)
        while true {
            if let count = fill(&buffer) {
                if count < 0 { throw Errno(rawValue: clinux_errno()) }
                return Array(buffer[..<count])
            }
            buffer = [UInt8](repeating: 0, count: buffer.count * 4)
        }
    }

    private func open(_ name: EntryName, _ flags: Int32) throws(Errno) -> Int32 {
        let opened = unsafe clinux_open_at(descriptor, name, flags)
        if opened < 0 { throw Errno(rawValue: clinux_errno()) }
        return opened
    }

    deinit {
        Glibc.close(descriptor)
    }
}

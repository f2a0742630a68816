import CLinux
import Glibc
import SystemPackage

/// The owner of an open directory that objects are made in. Names are bytes that end with a zero; no symbolic link is
/// followed.
final class HeldDirectory {
    static let itself: [UInt8] = [UInt8(ascii: "."), 0]

    let descriptor: Int32

    init(adopting descriptor: Int32) { self.descriptor = descriptor }

    /// Opens by path; in `path` itself symbolic links are followed.
    convenience init(_ path: FilePath) throws(Errno) {
        do {
            let opened = try FileDescriptor.open(path, .readOnly, options: [.directory, .closeOnExec])
            self.init(adopting: opened.rawValue)
        } catch {
            throw error as? Errno ?? .ioError
        }
    }

    /// A directory beneath; `ELOOP` or `ENOTDIR` where a symbolic link is in its path.
    func directory(_ path: [UInt8]) throws(Errno) -> HeldDirectory {
        HeldDirectory(adopting: try Self.done(unsafe clinux_open_beneath(descriptor, path, O_RDONLY | O_DIRECTORY)))
    }

    /// A regular file beneath, to be read.
    func file(_ path: [UInt8]) throws(Errno) -> FileDescriptor {
        FileDescriptor(
            rawValue: try Self.done(
                unsafe clinux_open_beneath(descriptor, path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW)))
    }

    /// Nil where there is no such name.
    func status(_ name: [UInt8]) throws(Errno) -> stat? {
        var status = stat()
        if unsafe clinux_status_at(descriptor, name, &status) == 0 { return status }
        let failure = Errno(rawValue: clinux_errno())
        if failure == .noSuchFileOrDirectory { return nil }
        throw failure
    }

    /// The names in it but `.` and `..`, each with its zero.
    func names() throws(Errno) -> [[UInt8]] {
        let again = try directory(Self.itself)
        var names: [[UInt8]] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 15)
        while true {
            let count = unsafe clinux_entries(again.descriptor, &buffer, buffer.count)
            if count < 0 { throw Errno(rawValue: clinux_errno()) }
            if count == 0 { return names }
            // getdents64(2): 8 bytes inode, 8 offset, 2 length of the entry, 1 type, the name and a zero.
            var start = 0
            while start + 19 < count {
                let length = Int(buffer[start + 16]) | Int(buffer[start + 17]) << 8
                let end = buffer[(start + 19)...].firstIndex(of: 0) ?? start + length
                let name = Array(buffer[(start + 19)..<end]) + [0]
                if name != Self.itself && name != [UInt8(ascii: "."), UInt8(ascii: "."), 0] { names.append(name) }
                start += max(length, 1)
            }
        }
    }

    func target(ofLink name: [UInt8]) throws(Errno) -> [UInt8] {
        var target = [UInt8](repeating: 0, count: 1 << 12)
        let count = unsafe clinux_link_target_at(descriptor, name, &target, target.count)
        if count < 0 { throw Errno(rawValue: clinux_errno()) }
        return Array(target[..<count])
    }

    func remove(_ name: [UInt8], isDirectory: Bool = false) throws(Errno) {
        try Self.done(unsafe clinux_remove_at(descriptor, name, isDirectory ? 1 : 0))
    }

    @discardableResult
    static func done(_ result: Int32) throws(Errno) -> Int32 {
        if result < 0 { throw Errno(rawValue: clinux_errno()) }
        return result
    }

    deinit { _ = Glibc.close(descriptor) }
}

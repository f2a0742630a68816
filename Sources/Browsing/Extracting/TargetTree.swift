import CLinux
import Glibc
import SystemPackage

/// The directory that a month's tree, or a part of it, is put into.
///
/// Each object is made in a directory of this process's own in it, from which nothing is inherited, and gets its name and
/// place last, in one step: what has a name is complete. Every place is looked up from the target's descriptor on, and a
/// symbolic link on the way is an error, so nothing lands outside of the target, who else may be at work in it.
///
///     .devjournal-1f3a….new/     locked by its maker; what a killed one has left the next one removes
final class TargetTree {
    private static let stagingPrefix = Array(".devjournal-".utf8)
    private static let stagingSuffix = Array(".new".utf8)

    let path: FilePath
    /// There was nothing in it before.
    let wasEmpty: Bool
    private let top: HeldDirectory
    private let staging: HeldDirectory
    private let stagingName: [UInt8]
    private var number = 0
    /// The directory that was looked up last.
    private var near: (path: ArraySlice<UInt8>, directory: HeldDirectory)?

    /// Makes the directory where it is missing.
    ///
    /// - Throws: `ExtractionError.target`.
    init(_ path: FilePath) throws {
        self.path = path
        do throws(Errno) {
            if unsafe mkdir(path.string, 0o777) != 0, clinux_errno() != EEXIST {
                throw Errno(rawValue: clinux_errno())
            }
            top = try HeldDirectory(path)
            try Self.removeLeftovers(top)
            wasEmpty = try top.names().isEmpty
            stagingName =
                Self.stagingPrefix + Array(String(UInt64.random(in: 0 ... .max), radix: 16).utf8)
                + Self.stagingSuffix + [0]
            try HeldDirectory.done(unsafe clinux_new_directory_at(top.descriptor, stagingName))
            staging = try top.directory(stagingName)
            try HeldDirectory.done(clinux_flock(staging.descriptor, LOCK_EX | LOCK_NB))
            // Where that fails the file system has nothing to hand on, or another owner for all there is.
            _ = clinux_inherit_nothing(staging.descriptor)
        } catch {
            throw ExtractionError.target(path, error)
        }
    }

    private static func removeLeftovers(_ top: HeldDirectory) throws(Errno) {
        for name in try top.names()
        where name.starts(with: stagingPrefix) && name.dropLast().suffix(stagingSuffix.count) == stagingSuffix[...] {
            guard let left = try? top.directory(name), clinux_flock(left.descriptor, LOCK_EX | LOCK_NB) == 0 else {
                continue
            }
            empty(left)
            try? top.remove(name, isDirectory: true)
        }
    }

    private static func empty(_ directory: HeldDirectory) {
        for name in (try? directory.names()) ?? [] {
            if (try? directory.remove(name)) == nil { try? directory.remove(name, isDirectory: true) }
        }
    }

    /// Takes away what has not got a name.
    func finish() {
        Self.empty(staging)
        try? top.remove(stagingName, isDirectory: true)
    }

    /// Makes all that was put there durable, with the rest of the file system.
    ///
    /// - Throws: `ExtractionError.notDurable`.
    func synchronize() throws(ExtractionError) {
        if clinux_syncfs(top.descriptor) != 0 { throw .notDurable(path, Errno(rawValue: clinux_errno())) }
    }

    // MARK: New objects

    /// A name in the staging directory that is free.
    private func newName() -> [UInt8] {
        number += 1
        return Array("\(number)".utf8) + [0]
    }

    var stagingDescriptor: Int32 { staging.descriptor }
    var stagingDirectory: HeldDirectory { staging }

    /// - Returns: its name in the staging directory, and the file, to be read and written.
    func newFile() throws(Errno) -> (name: [UInt8], file: FileDescriptor) {
        let name = newName()
        let opened = try HeldDirectory.done(unsafe clinux_new_file_at(staging.descriptor, name))
        return (name, FileDescriptor(rawValue: opened))
    }

    /// One that was made and closed, to be read and written.
    func again(_ name: [UInt8]) throws(Errno) -> FileDescriptor {
        FileDescriptor(rawValue: try HeldDirectory.done(unsafe clinux_open_at(staging.descriptor, name, O_RDWR)))
    }

    func newLink(to target: [UInt8]) throws(Errno) -> [UInt8] {
        let name = newName()
        try HeldDirectory.done(unsafe clinux_new_link_at(staging.descriptor, name, target + [0]))
        return name
    }

    /// - Parameter kind: `S_IFIFO`, `S_IFSOCK`, `S_IFCHR` or `S_IFBLK`.
    func newNode(_ kind: mode_t, major: UInt32 = 0, minor: UInt32 = 0) throws(Errno) -> [UInt8] {
        let name = newName()
        try HeldDirectory.done(unsafe clinux_new_node_at(staging.descriptor, name, kind, major, minor))
        return name
    }

    /// A further name for what stands at a path.
    func newName(of path: [UInt8]) throws(Errno) -> [UInt8] {
        let (directory, old) = try place(path)
        let name = newName()
        try HeldDirectory.done(unsafe clinux_link_at(directory.descriptor, old, staging.descriptor, name))
        return name
    }

    func discard(_ name: [UInt8]) { try? staging.remove(name) }

    // MARK: Places

    /// Gives an object its name.
    ///
    /// - Throws: `EEXIST` where something is there that it must not replace.
    func put(_ name: [UInt8], at path: [UInt8], replaces: Bool) throws(Errno) {
        let (directory, new) = try place(path)
        try HeldDirectory.done(
            unsafe clinux_move_at(staging.descriptor, name, directory.descriptor, new, replaces ? 1 : 0))
        // Where both were names of one object, rename(2) has done nothing.
        if replaces { discard(name) }
    }

    /// - Returns: false where a directory was there.
    func makeDirectory(_ path: [UInt8]) throws(Errno) -> Bool {
        let (directory, new) = try place(path)
        let name = newName()
        try HeldDirectory.done(unsafe clinux_new_directory_at(staging.descriptor, name))
        if unsafe clinux_move_at(staging.descriptor, name, directory.descriptor, new, 0) == 0 { return true }
        let failure = Errno(rawValue: clinux_errno())
        try? staging.remove(name, isDirectory: true)
        guard failure == .fileExists, let status = try directory.status(new), status.st_mode & S_IFMT == S_IFDIR else {
            throw failure
        }
        return false
    }

    /// The directory at a path; the empty path is the target itself.
    func directory(_ path: [UInt8]) throws(Errno) -> HeldDirectory {
        path.isEmpty ? top : try top.directory(path + [0])
    }

    /// Whether the directory is there that an object belongs into.
    func hasDirectory(of path: [UInt8]) -> Bool { (try? place(path)) != nil }

    /// What stands at a path; nil where nothing does.
    func status(_ path: [UInt8]) throws(Errno) -> stat? {
        do throws(Errno) {
            let (directory, name) = try place(path)
            return try directory.status(name)
        } catch {
            if error == .noSuchFileOrDirectory { return nil }
            throw error
        }
    }

    func file(_ path: [UInt8]) throws(Errno) -> FileDescriptor { try top.file(path + [0]) }

    func target(ofLink path: [UInt8]) throws(Errno) -> [UInt8] {
        let (directory, name) = try place(path)
        return try directory.target(ofLink: name)
    }

    private func place(_ path: [UInt8]) throws(Errno) -> (HeldDirectory, name: [UInt8]) {
        guard let slash = path.lastIndex(of: UInt8(ascii: "/")) else { return (top, path + [0]) }
        let above = path[..<slash]
        let name = Array(path[(slash + 1)...]) + [0]
        if let near, near.path == above { return (near.directory, name) }
        let found = try top.directory(Array(above) + [0])
        near = (above, found)
        return (found, name)
    }
}

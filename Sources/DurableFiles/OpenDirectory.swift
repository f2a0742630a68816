internal import CLinux
internal import Glibc
package import SystemPackage

/// What a name in a directory stands for, without following a symbolic link.
package enum EntryKind: Sendable {
    case file
    case directory
    /// A symbolic link, a device, a socket or a pipe.
    case other
}

/// Where something was found: a path, and the names below it that were opened one at a time. Put together when it is
/// asked for, which is when something failed: a walk opens more names than it shows.
struct FoundPath: Sendable {
    let beginning: FilePath
    private(set) var names: [String] = []

    func appending(_ name: String) -> FoundPath {
        var longer = self
        longer.names.append(name)
        return longer
    }

    var whole: FilePath { names.reduce(into: beginning) { $0.append($1) } }
}

/// The owner of an open directory. Names are looked up beneath it one at a time and a symbolic link is never
/// followed, so somebody who can rename things below cannot lead a caller out of it; and where its disk goes away,
/// calls fail instead of reaching what lies under the mount point.
package struct OpenDirectory: ~Copyable, Sendable {
    private let place: FoundPath
    let descriptor: FileDescriptor

    package var path: FilePath { place.whole }

    /// Opens by path; in `path` itself symbolic links are followed.
    package init(_ path: FilePath) throws(FileFailure) {
        let descriptor = try attempt("open", path) {
            try FileDescriptor.open(path, .readOnly, options: [.directory, .closeOnExec])
        }
        self.init(adopting: descriptor, path: path)
    }

    init(adopting descriptor: FileDescriptor, path: FilePath) {
        self.init(adopting: descriptor, place: FoundPath(beginning: path))
    }

    private init(adopting descriptor: FileDescriptor, place: FoundPath) {
        self.descriptor = descriptor
        self.place = place
    }

    /// The directory of this name. `ENOTDIR` where the name is anything else, a symbolic link included.
    package func directory(_ name: String) throws(FileFailure) -> OpenDirectory {
        let opened = try open(name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0)
        return OpenDirectory(adopting: opened, place: place.appending(name))
    }

    /// A second owner of the same directory.
    package func reopened() throws(FileFailure) -> OpenDirectory {
        OpenDirectory(adopting: try open(".", O_RDONLY | O_DIRECTORY, 0), place: place)
    }

    /// `openat(2)`: a file of this name; `ELOOP` where it is a symbolic link. Never waits for a pipe's other end.
    package func file(
        _ name: String, _ mode: FileDescriptor.AccessMode, options: FileDescriptor.OpenOptions = [],
        permissions: FilePermissions = [.ownerReadWrite, .groupRead, .otherRead]
    ) throws(FileFailure) -> OpenFile {
        let flags = mode.rawValue | options.rawValue | O_NOFOLLOW | O_NONBLOCK
        return OpenFile(adopting: try open(name, flags, permissions.rawValue), place: place.appending(name))
    }

    /// Nil where there is no such name.
    package func kind(of name: String) throws(FileFailure) -> EntryKind? {
        var status = Glibc.stat()
        if unsafe fstatat(descriptor.rawValue, name, &status, AT_SYMLINK_NOFOLLOW) != 0 {
            if clinux_errno() == ENOENT { return nil }
            throw failure("look at", name)
        }
        return switch status.st_mode & S_IFMT {
        case S_IFREG: .file
        case S_IFDIR: .directory
        default: .other
        }
    }

    /// The names in it, sorted, without `.` and `..`.
    package func names() throws(FileFailure) -> [String] {
        let again = try open(".", O_RDONLY | O_DIRECTORY, 0)
        guard let stream = unsafe fdopendir(again.rawValue) else {
            let failure = failure("list", ".")
            try? again.close()
            throw failure
        }
        return try unsafe DurableFiles.names(readFrom: stream, path)
    }

    /// Makes a directory; false where the name is taken, by whatever it may be.
    package func makeDirectory(_ name: String, permissions: UInt32 = 0o755) throws(FileFailure) -> Bool {
        if unsafe mkdirat(descriptor.rawValue, name, permissions) == 0 { return true }
        let failure = failure("make directory", name)
        if failure.errno == .fileExists { return false }
        throw failure
    }

    /// `renameat(2)`: takes the place of a file, or of an empty directory, of the new name.
    package func rename(
        _ name: String, replacing newName: String, in target: borrowing OpenDirectory
    ) throws(FileFailure) {
        if unsafe renameat(descriptor.rawValue, name, target.descriptor.rawValue, newName) == 0 { return }
        throw target.failure("rename to", newName)
    }

    /// `renameat2(2)` with `RENAME_NOREPLACE`: `EEXIST` where the new name is taken. Where the file system does not
    /// know that (NFS), a hard link does the same.
    package func rename(
        _ name: String, toNewName newName: String, in target: borrowing OpenDirectory
    ) throws(FileFailure) {
        if unsafe clinux_rename_new_at(descriptor.rawValue, name, target.descriptor.rawValue, newName) == 0 { return }
        let failure = target.failure("rename to", newName)
        if failure.errno != .invalidArgument { throw failure }
        try link(name, toNewName: newName, in: target)
        try removeFile(name)
    }

    /// `renameat2(2)` with `RENAME_EXCHANGE`: each gets the other's name, in one step.
    package func exchange(
        _ name: String, with other: String, in directory: borrowing OpenDirectory
    ) throws(FileFailure) {
        let (there, here) = (directory.descriptor.rawValue, descriptor.rawValue)
        if unsafe clinux_rename_exchange_at(there, other, here, name) != 0 { throw failure("exchange", name) }
    }

    /// `linkat(2)`: a second name for a file; `EEXIST` where it is taken.
    package func link(
        _ name: String, toNewName newName: String, in target: borrowing OpenDirectory
    ) throws(FileFailure) {
        if unsafe linkat(descriptor.rawValue, name, target.descriptor.rawValue, newName, 0) == 0 { return }
        throw target.failure("link to", newName)
    }

    /// Removes a file; that it is already gone is not a failure.
    package func removeFile(_ name: String) throws(FileFailure) {
        if unsafe unlinkat(descriptor.rawValue, name, 0) == 0 { return }
        let failure = failure("remove", name)
        if failure.errno != .noSuchFileOrDirectory { throw failure }
    }

    /// Removes a directory that is empty.
    package func removeDirectory(_ name: String) throws(FileFailure) {
        if unsafe unlinkat(descriptor.rawValue, name, AT_REMOVEDIR) != 0 { throw failure("remove directory", name) }
    }

    /// `fsync(2)`: the names in it are on the disk when this returns.
    package func synchronize() throws(FileFailure) {
        try check(fsync(descriptor.rawValue), "make durable", path)
    }

    private func open(_ name: String, _ flags: Int32, _ permissions: mode_t) throws(FileFailure) -> FileDescriptor {
        var opened: Int32
        repeat {
            opened = unsafe openat(descriptor.rawValue, name, flags | O_CLOEXEC, permissions)
        } while opened < 0 && clinux_errno() == EINTR
        if opened < 0 { throw failure("open", name) }
        return FileDescriptor(rawValue: opened)
    }

    /// What `errno` says about this name; read first, as making the path may change it.
    func failure(_ action: String, _ name: String) -> FileFailure {
        let errno = Errno(rawValue: clinux_errno())
        return FileFailure(action, name == "." ? path : path.appending(name), errno)
    }

    deinit {
        try? descriptor.close()
    }
}

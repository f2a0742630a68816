internal import CLinux
internal import Glibc
package import SystemPackage

/// A path on which another user could steer what root does: one of its components is a link, or another user's, or one
/// that others may write.
package struct SteerablePath: CustomStringConvertible {
    package enum Reason: Sendable, Equatable {
        case link
        case notDirectory
        case notFile
        case owner(UInt32)
        case writable
    }

    /// What root was to work with.
    package let path: FilePath
    /// The first component that another user could steer by.
    package let component: FilePath
    package let reason: Reason

    package var description: String {
        let what =
            switch reason {
            case .link: "is a symbolic link"
            case .notDirectory: "is not a directory"
            case .notFile: "is not a regular file"
            case .owner(let user): "belongs to user \(user)"
            case .writable: "may be written by others than root"
            }
        return component == path
            ? "root does not work with \(path): it \(what)" : "root does not work with \(path): \(component) \(what)"
    }
}

/// Why a place for root's work was not opened.
package enum RootsOwnPlaceError: Error {
    case steerable(SteerablePath)
    case file(FileFailure)
}

/// Whether this process has something to steer: what an ordinary user does, other users' directories may lead astray, and
/// the harm is that user's own.
package var isRoot: Bool { geteuid() == 0 }

extension OpenDirectory {
    /// Opens a directory component by component, each with `openat2(2)` and RESOLVE_NO_SYMLINKS. Each, the last one
    /// included, must be root's and writable by nobody else; a sticky directory such as `/tmp` is not good enough, since
    /// others may put names there that are still free. What was checked stays so, because only root could change it.
    ///
    /// - Parameter path: absolute.
    package static func rootsOwn(_ path: FilePath) throws(RootsOwnPlaceError) -> OpenDirectory {
        try walk(path, .fail)
    }

    /// Makes what is missing of a directory that only root may write, for root alone, and opens it.
    package static func makingRootsOwn(_ path: FilePath) throws(RootsOwnPlaceError) -> OpenDirectory {
        try walk(path, .make)
    }

    /// Opens a directory of somebody else's: wherever a link stands in the path it fails, with `ELOOP`.
    package static func withoutLinks(_ path: FilePath) throws(FileFailure) -> OpenDirectory {
        let opened = unsafe clinux_open_without_links(AT_FDCWD, path.string, O_RDONLY | O_DIRECTORY)
        if opened < 0 { throw FileFailure("open", path, Errno(rawValue: clinux_errno())) }
        return OpenDirectory(adopting: FileDescriptor(rawValue: opened), path: path)
    }

    /// What becomes of a name that is not there.
    fileprivate enum Missing { case fail, make, stop }

    /// - Returns: with `stop` the last directory on the way that is there.
    fileprivate static func walk(
        _ path: FilePath, _ missing: Missing
    ) throws(RootsOwnPlaceError) -> OpenDirectory {
        guard path.isAbsolute, path.components.allSatisfy({ $0.kind == .regular }) else {
            throw .file(
                FileFailure("open", path, .invalidArgument, hint: "name it by an absolute path without . and .."))
        }
        var directory = try filed { () throws(FileFailure) in try withoutLinks("/") }
        try directory.check("/", of: path)
        for name in path.components.map(\.string) {
            if let next = try directory.checkedDirectory(orMissing: name, of: path) {
                directory = next
                continue
            }
            switch missing {
            case .stop: return directory
            case .fail: throw .file(FileFailure("open", directory.path.appending(name), .noSuchFileOrDirectory))
            case .make: directory = try directory.made(name, of: path)
            }
        }
        return directory
    }

    private func made(_ name: String, of whole: FilePath) throws(RootsOwnPlaceError) -> OpenDirectory {
        do throws(FileFailure) {
            _ = try makeDirectory(name, permissions: 0o700)
            try synchronize()
        } catch {
            throw .file(error)
        }
        if let made = try checkedDirectory(orMissing: name, of: whole) { return made }
        throw .file(FileFailure("open", path.appending(name), .noSuchFileOrDirectory))
    }

    private static func filed(
        _ body: () throws(FileFailure) -> OpenDirectory
    ) throws(RootsOwnPlaceError) -> OpenDirectory {
        do throws(FileFailure) { return try body() } catch { throw .file(error) }
    }

    private func checkedDirectory(
        orMissing name: String, of whole: FilePath
    ) throws(RootsOwnPlaceError) -> OpenDirectory? {
        let place = path.appending(name)
        let opened = unsafe clinux_open_without_links(descriptor.rawValue, name, O_RDONLY | O_DIRECTORY)
        guard opened >= 0 else {
            switch Errno(rawValue: clinux_errno()) {
            case .noSuchFileOrDirectory: return nil
            case .tooManySymbolicLinkLevels:
                throw .steerable(SteerablePath(path: whole, component: place, reason: .link))
            case .notDirectory:
                throw .steerable(SteerablePath(path: whole, component: place, reason: .notDirectory))
            case let errno: throw .file(FileFailure("open", place, errno))
            }
        }
        let directory = OpenDirectory(adopting: FileDescriptor(rawValue: opened), path: place)
        try directory.check(place, of: whole)
        return directory
    }

    private func check(_ component: FilePath, of whole: FilePath) throws(RootsOwnPlaceError) {
        var status = Glibc.stat()
        if unsafe fstat(descriptor.rawValue, &status) != 0 { throw .file(failure("look at", ".")) }
        if let reason = Self.reason(status) {
            throw .steerable(SteerablePath(path: whole, component: component, reason: reason))
        }
    }

    /// Who may write by an ACL shows in the group's bits, which are its mask.
    private static func reason(_ status: stat) -> SteerablePath.Reason? {
        if status.st_uid != 0 { return .owner(status.st_uid) }
        return status.st_mode & (S_IWGRP | S_IWOTH) == 0 ? nil : .writable
    }

    /// Checks a regular file of this name: root's, and writable by nobody else.
    fileprivate func checkFile(_ name: String) throws(RootsOwnPlaceError) {
        let place = path.appending(name)
        var status = Glibc.stat()
        if unsafe fstatat(descriptor.rawValue, name, &status, AT_SYMLINK_NOFOLLOW) != 0 {
            throw .file(failure("look at", name))
        }
        let reason: SteerablePath.Reason? =
            switch status.st_mode & S_IFMT {
            case S_IFREG: Self.reason(status)
            case S_IFLNK: .link
            default: .notFile
            }
        if let reason { throw .steerable(SteerablePath(path: place, component: place, reason: reason)) }
    }
}

/// Checks the directories of a path as far as there are any: what is missing root will make for itself.
package func requireRootsOwn(directory path: FilePath) throws(RootsOwnPlaceError) {
    _ = try OpenDirectory.walk(path, .stop)
}

/// Checks a file and every directory above it.
package func requireRootsOwn(file path: FilePath) throws(RootsOwnPlaceError) {
    guard let name = path.lastComponent?.string else {
        throw .file(FileFailure("open", path, .invalidArgument))
    }
    try OpenDirectory.rootsOwn(path.removingLastComponent()).checkFile(name)
}

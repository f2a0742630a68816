import CLinux
import DurableFiles
import Glibc
package import SystemPackage

/// A working copy that is being made: a subvolume in a directory of root's, mode 0700, beside the place that it will take.
///
/// It may still hold what gives power, so nobody else may reach it. Beside that place, because nothing can be renamed
/// from another mount, and `/home` and `/srv` often are two mounts of one file system. The directory around belongs to
/// the user, who can rename what is in it: so everything is done by descriptors.
///
/// In it stands `making`, then `ready-UUID`. The exchange puts another subvolume under that name: by the UUID the next run
/// tells what an interrupted one has left there, a copy that nobody has seen or the one that was replaced.
package struct UnfinishedCopy: ~Copyable {
    private static let making = "making"
    private static let ready = "ready-"

    private let code: FilePath
    private let name: String
    /// The directory that the working copy is in, and the one of root's.
    private let around: Directory
    private let inside: Directory

    package init(beside code: FilePath, time: String) throws {
        let name = "\(Self.prefix(code))\(time)"
        let around = try Directory(withoutLinks: code.removingLastComponent())
        guard unsafe mkdirat(around.descriptor, name, 0o700) == 0 else {
            throw FileFailure("make directory", code.sibling(name), Errno(rawValue: clinux_errno()))
        }
        let inside = try Directory(around.descriptor, name)
        guard try inside.isPrivate() else {
            throw FileFailure("use", code.sibling(name), .permissionDenied, hint: "somebody puts other things there")
        }
        self.code = code
        self.name = name
        self.around = around
        self.inside = inside
    }

    private static func prefix(_ code: FilePath) -> String { ".\(code.lastComponent?.string ?? "code").new-" }

    /// For this process alone.
    package var path: FilePath { FilePath("/proc/self/fd/\(inside.descriptor)/\(Self.making)") }

    package func make(from received: FilePath) throws {
        let source = try Directory(AT_FDCWD, received.string)
        try check(
            unsafe clinux_snapshot(source.descriptor, inside.descriptor, Self.making), "snapshot \(received) for", code)
    }

    /// It holds what it is to hold.
    package func finish() throws {
        try rename(inside, Self.making, inside, Self.ready + Self.uuid(of: Self.making, in: inside))
    }

    /// Puts it into its place in one step: at no moment is there no working copy.
    ///
    /// - Parameter isNeedless: whether what was replaced, a subvolume that nobody has open by then, is not to be kept.
    /// - Returns: the name under which the one before is kept, where there was one that is.
    package func exchange(
        keepingAs kept: String, unless isNeedless: (FilePath) async throws -> Bool
    ) async throws -> String? {
        guard let copy = try inside.names().first(where: { $0.hasPrefix(Self.ready) }) else {
            throw FileFailure("find", code.sibling(name), .noSuchFileOrDirectory)
        }
        let last = code.lastComponent?.string ?? "code"
        var keptName: String?
        if pathExists(code) {
            try check(
                unsafe clinux_rename_exchange_at(inside.descriptor, copy, around.descriptor, last), "exchange", code)
            // Nobody can open anything in it any more, and what somebody still has open keeps it: the kernel lets him write.
            if unsafe clinux_set_read_only(inside.descriptor, copy, 1) == 0,
                unsafe clinux_is_open_elsewhere(inside.descriptor, copy) == 0,
                (try? await isNeedless(FilePath("/proc/self/fd/\(inside.descriptor)/\(copy)"))) ?? false,
                unsafe clinux_delete_subvolume(inside.descriptor, copy) == 0
            {
                discard()
                return nil
            }
            keptName = try Self.keep(inside, copy, around, as: kept)
        } else {
            try rename(inside, copy, around, last)
        }
        discard()
        return keptName
    }

    /// Removes the directory, and a copy in it that nobody has seen.
    package func discard() {
        _ = unsafe clinux_delete_subvolume(inside.descriptor, Self.making)
        for copy in (try? inside.names()) ?? [] where Self.isUnseen(copy, in: inside) {
            _ = unsafe clinux_delete_subvolume(inside.descriptor, copy)
        }
        _ = unsafe unlinkat(around.descriptor, name, AT_REMOVEDIR)
    }

    /// What an interrupted run has left: an unused copy goes; the working copy that was replaced, edits included, gets a
    /// dated name.
    ///
    /// - Returns: that name.
    package static func takeUpLeftovers(beside code: FilePath) throws -> String? {
        let around = try Directory(withoutLinks: code.removingLastComponent())
        var kept: String?
        for name in try around.names() where name.hasPrefix(prefix(code)) {
            // What anybody else has put there is no business of root's.
            guard let inside = try? Directory(around.descriptor, name), try inside.isPrivate() else { continue }
            for copy in try inside.names() {
                if isUnseen(copy, in: inside) {
                    try check(
                        unsafe clinux_delete_subvolume(inside.descriptor, copy), "delete", code.sibling(name))
                } else if copy.hasPrefix(ready) {
                    let time = name.dropFirst(prefix(code).count)
                    kept = try keep(inside, copy, around, as: "\(code.lastComponent?.string ?? "code").before-\(time)")
                }
            }
            try check(unsafe unlinkat(around.descriptor, name, AT_REMOVEDIR), "remove", code.sibling(name))
        }
        return kept
    }

    private static func isUnseen(_ name: String, in directory: borrowing Directory) -> Bool {
        if name == making { return true }
        guard name.hasPrefix(ready) else { return false }
        return (try? uuid(of: name, in: directory)) == String(name.dropFirst(ready.count))
    }

    private static func uuid(of name: String, in directory: borrowing Directory) throws -> String {
        let subvolume = try Directory(directory.descriptor, name)
        var uuid = [UInt8](repeating: 0, count: 16)
        try check(unsafe clinux_subvolume_uuid(subvolume.descriptor, &uuid), "look at", FilePath(name))
        return uuid.map { String(UInt16($0) + 0x100, radix: 16).dropFirst() }.joined()
    }

    /// Under that name, or with a number behind it: two may be kept in one second.
    private static func keep(
        _ inside: borrowing Directory, _ copy: String, _ around: borrowing Directory, as name: String
    ) throws -> String {
        _ = unsafe clinux_set_read_only(inside.descriptor, copy, 0)
        var (kept, number) = (name, 1)
        while unsafe clinux_rename_new_at(inside.descriptor, copy, around.descriptor, kept) != 0 {
            let failure = Errno(rawValue: clinux_errno())
            guard failure == .fileExists else {
                throw FileFailure("keep what was replaced as", FilePath(kept), failure)
            }
            number += 1
            kept = "\(name)-\(number)"
        }
        return kept
    }

    private func rename(
        _ from: borrowing Directory, _ old: String, _ to: borrowing Directory, _ new: String
    ) throws {
        try check(
            unsafe clinux_rename_new_at(from.descriptor, old, to.descriptor, new), "rename to", code.sibling(new))
    }
}

/// The owner of an open directory.
private struct Directory: ~Copyable {
    package let descriptor: Int32
    private let path: FilePath

    package init(_ above: Int32, _ name: String) throws {
        let opened = unsafe openat(above, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)
        guard opened >= 0 else { throw FileFailure("open", FilePath(name), Errno(rawValue: clinux_errno())) }
        descriptor = opened
        path = FilePath(name)
    }

    /// By a path of its user's, in which no symbolic link is followed.
    package init(withoutLinks path: FilePath) throws {
        let opened = unsafe clinux_open_directory(AT_FDCWD, path.string)
        guard opened >= 0 else {
            let errno = Errno(rawValue: clinux_errno())
            guard errno == .tooManySymbolicLinkLevels else { throw FileFailure("open", path, errno) }
            throw WorkingCopyError.linkAbove(path)
        }
        descriptor = opened
        self.path = path
    }

    /// Whether it is this user's, and nobody else can enter it.
    package func isPrivate() throws -> Bool {
        let status = try attempt("look at", path) { try FileDescriptor(rawValue: descriptor).stat() }
        return status.userID.rawValue == geteuid()
            && status.permissions.isDisjoint(with: [
                .groupReadWriteExecute, .otherReadWriteExecute,
            ])
    }

    package func names() throws -> [String] { try namesInDirectory(FilePath("/proc/self/fd/\(descriptor)")) ?? [] }

    deinit {
        close(descriptor)
    }
}

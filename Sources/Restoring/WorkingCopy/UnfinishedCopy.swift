import DurableFiles
import Glibc
package import SystemPackage

/// A working copy that is being made: a subvolume in a directory of root's, mode 0700, next to the place that it will
/// take.
///
/// It may still hold what gives power, so nobody else may reach it. Next to that place, because nothing can be renamed
/// from another mount, and `/home` and `/srv` often are two mounts of one file system. The directory around belongs to
/// the user, who can rename what is in it: so everything is done by descriptors.
///
/// In it stands `making`, then `ready-UUID`. The exchange puts another subvolume under that name: by the UUID the next
/// run tells what an interrupted one has left there, a copy that nobody has seen or the one that was replaced.
package struct UnfinishedCopy: ~Copyable {
    private static let making = "making"
    private static let ready = "ready-"

    private let code: FilePath
    private let name: String
    private let subvolumes: any SubvolumeCalls
    /// The directory that the working copy is in, and the one of root's.
    private let around: OpenDirectory
    private let inside: OpenDirectory

    package init(beside code: FilePath, time: String, _ subvolumes: any SubvolumeCalls) throws {
        let name = "\(Self.prefix(code))\(time)"
        let around = try Self.openDirectory(around: code)
        guard try around.makeDirectory(name, permissions: 0o700) else {
            throw FileFailure("make directory", code.sibling(name), .fileExists)
        }
        let inside = try around.directory(name)
        guard try Self.isPrivate(inside) else {
            throw FileFailure("use", code.sibling(name), .permissionDenied, hint: "somebody puts other things there")
        }
        self.code = code
        self.name = name
        self.subvolumes = subvolumes
        self.around = around
        self.inside = inside
    }

    private static func prefix(_ code: FilePath) -> String { ".\(code.lastComponent?.string ?? "code").new-" }

    /// By a path of its user's, in which no symbolic link is followed.
    private static func openDirectory(around code: FilePath) throws -> OpenDirectory {
        let path = code.removingLastComponent()
        do throws(FileFailure) {
            return try OpenDirectory.withoutLinks(path)
        } catch {
            guard error.errno == .tooManySymbolicLinkLevels else { throw error }
            throw WorkingCopyError.linkAbove(path)
        }
    }

    /// Whether it is this user's, and nobody else can enter it.
    private static func isPrivate(_ directory: borrowing OpenDirectory) throws -> Bool {
        let found = try directory.ownership()
        return found.user == geteuid() && found.permissions & 0o077 == 0
    }

    /// For this process alone.
    package var path: FilePath { inside.pathOfDescriptor.appending(Self.making) }

    package func make(from received: FilePath) throws {
        let source = try OpenDirectory(received.removingLastComponent())
            .directory(received.lastComponent?.string ?? ".")
        do throws(FileFailure) {
            try subvolumes.snapshot(of: source, as: Self.making, in: inside)
        } catch {
            throw FileFailure("snapshot \(received) for", code, error.errno)
        }
    }

    /// It holds what it is to hold.
    package func finish() throws {
        let uuid = try Self.uuid(of: Self.making, in: inside, subvolumes)
        try inside.rename(Self.making, toNewName: Self.ready + uuid, in: inside)
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
        guard pathExists(code) else {
            try inside.rename(copy, toNewName: last, in: around)
            discard()
            return nil
        }
        try around.exchange(last, with: copy, in: inside)
        if try await isDeleted(copy, isNeedless) {
            discard()
            return nil
        }
        let keptName = try Self.keep(inside, copy, around, as: kept, subvolumes)
        discard()
        return keptName
    }

    /// Nobody can open anything any more in what was replaced, and what somebody still has open keeps it: the kernel
    /// lets him write.
    private func isDeleted(_ copy: String, _ isNeedless: (FilePath) async throws -> Bool) async throws -> Bool {
        guard (try? subvolumes.setReadOnly(copy, true, in: inside)) != nil,
            !subvolumes.isOpenElsewhere(copy, in: inside),
            (try? await isNeedless(inside.pathOfDescriptor.appending(copy))) ?? false
        else { return false }
        return (try? subvolumes.delete(copy, in: inside)) != nil
    }

    /// Removes the directory, and a copy in it that nobody has seen.
    package func discard() {
        for copy in (try? inside.names()) ?? [] where Self.isUnseen(copy, in: inside, subvolumes) {
            try? subvolumes.delete(copy, in: inside)
        }
        try? around.removeDirectory(name)
    }

    /// What an interrupted run has left: an unused copy goes; the working copy that was replaced, edits included, gets
    /// a dated name.
    ///
    /// - Returns: that name.
    package static func takeUpLeftovers(beside code: FilePath, _ subvolumes: any SubvolumeCalls) throws -> String? {
        let around = try openDirectory(around: code)
        var kept: String?
        for name in try around.names() where name.hasPrefix(prefix(code)) {
            // What anybody else has put there is no business of root's.
            guard let inside = try? around.directory(name), try isPrivate(inside) else { continue }
            for copy in try inside.names() {
                if isUnseen(copy, in: inside, subvolumes) {
                    try subvolumes.delete(copy, in: inside)
                } else if copy.hasPrefix(ready) {
                    let time = name.dropFirst(prefix(code).count)
                    let dated = "\(code.lastComponent?.string ?? "code").before-\(time)"
                    kept = try keep(inside, copy, around, as: dated, subvolumes)
                }
            }
            try around.removeDirectory(name)
        }
        return kept
    }

    private static func isUnseen(
        _ name: String, in directory: borrowing OpenDirectory, _ subvolumes: any SubvolumeCalls
    ) -> Bool {
        if name == making { return true }
        guard name.hasPrefix(ready) else { return false }
        return (try? uuid(of: name, in: directory, subvolumes)) == String(name.dropFirst(ready.count))
    }

    private static func uuid(
        of name: String, in directory: borrowing OpenDirectory, _ subvolumes: any SubvolumeCalls
    ) throws -> String {
        guard let subvolume = try subvolumes.subvolume(try directory.directory(name)) else {
            throw FileFailure("look at", directory.path.appending(name), .invalidArgument)
        }
        return subvolume.uuid.map { String(UInt16($0) + 0x100, radix: 16).dropFirst() }.joined()
    }

    /// Under that name, or with a number after it: two may be kept in one second.
    private static func keep(
        _ inside: borrowing OpenDirectory, _ copy: String, _ around: borrowing OpenDirectory, as name: String,
        _ subvolumes: any SubvolumeCalls
    ) throws -> String {
        try? subvolumes.setReadOnly(copy, false, in: inside)
        var (kept, number) = (name, 1)
        while true {
            do throws(FileFailure) {
                try inside.rename(copy, toNewName: kept, in: around)
                return kept
            } catch {
                guard error.errno == .fileExists else {
                    throw FileFailure("keep what was replaced as", FilePath(kept), error.errno)
                }
            }
            number += 1
            kept = "\(name)-\(number)"
        }
    }
}

import Backup
package import DurableFiles
import Machines
import Sealing
package import SystemPackage

/// CODE as it is recognised from month to month. It lies in its user's home, where he can put anything under its name; what
/// root takes a snapshot of is opened without links, must be the subvolume that it was, and is worked on by that descriptor.
package struct CodeSubvolume: ~Copyable {
    package let directory: OpenDirectory
    package let uuid: String
    package let owner: UInt32

    /// Opens it and sees that it is a Btrfs subvolume.
    package init(_ path: FilePath) throws {
        let opened = try Self.open(path)
        guard let found = try opened.subvolume(), let uuid = SubvolumeUUID(found.uuid) else {
            throw MonthSnapshotError.notASubvolume(code: path)
        }
        directory = opened
        self.uuid = uuid.description
        owner = found.owner
    }

    private static func open(_ path: FilePath) throws -> OpenDirectory {
        do throws(FileFailure) {
            return try OpenDirectory.withoutLinks(path)
        } catch {
            switch error.errno {
            case .tooManySymbolicLinkLevels: throw WorkingCopyError.linkInPath(code: path, to: throughFirstLink(path))
            case .noSuchFileOrDirectory, .notDirectory: throw MonthSnapshotError.notASubvolume(code: path)
            default: throw error
            }
        }
    }

    /// Refuses another subvolume than the one that was remembered. A copy of one of the snapshots that root keeps is what a
    /// restore makes: nobody else can make one.
    package func require(_ known: CodeIdentity?, of path: FilePath, in snapshots: borrowing OpenDirectory) throws {
        guard try directory.isOnFileSystem(of: snapshots) else {
            throw MonthSnapshotError.onOtherFileSystem(code: path, snapshots: snapshots.path)
        }
        guard let known, try !isKnown(known, in: snapshots) else { return }
        let difference =
            known.uuid == uuid
            ? "belongs to user \(owner), and belonged to user \(known.owner)"
            : "is subvolume \(uuid) of user \(owner), and was \(known.uuid) of user \(known.owner)"
        throw MonthSnapshotError.otherCode(path, difference)
    }

    package func isKnown(_ known: CodeIdentity, in snapshots: borrowing OpenDirectory) throws -> Bool {
        try known == CodeIdentity(uuid: uuid, owner: owner) || isCopy(ofOneIn: snapshots)
    }

    private func isCopy(ofOneIn snapshots: borrowing OpenDirectory) throws -> Bool {
        guard let parent = try directory.subvolume()?.parentUUID else { return false }
        for name in try snapshots.names() where try snapshots.kind(of: name) == .directory {
            if try snapshots.directory(name).subvolume()?.uuid == parent { return true }
        }
        return false
    }
}

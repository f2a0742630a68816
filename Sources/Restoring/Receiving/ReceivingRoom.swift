import DurableFiles
package import Sealing
package import SystemPackage

/// Where one snapshot is received: a subvolume of its own in a staging directory of root's.
///
///     STAGING/room/parent    the snapshot that an increment starts from, under a received UUID that nothing else has
///     STAGING/room/into      the directory that is received in
///
/// A new subvolume, and whatever is received in it, inherits from the subvolume around it: here from one that has nothing
/// to hand on, whatever an administrator has set on the file system. And it holds all that a receive needs: other
/// copies of the parent, wherever they are, and whether this one is an original, do not matter.
package struct ReceivingRoom {
    private static let name = "room"
    private static let parent = "parent"
    private static let into = "into"

    /// Root's own, mode 0700.
    package let staging: FilePath
    let btrfs: Btrfs
    let subvolumes: any SubvolumeCalls

    /// What `btrfs receive` is to receive in.
    package var inside: FilePath { staging.appending(Self.name).appending(Self.into) }

    /// What an increment is received on.
    var copyOfParent: FilePath { staging.appending(Self.name).appending(Self.parent) }

    /// - Parameter parent: the snapshot that an increment starts from, and by which UUID it is to be found.
    package func make(over parent: (snapshot: FilePath, substitute: ParentSubstitute)?) throws {
        let directory = try OpenDirectory(staging)
        try subvolumes.makeBare(Self.name, in: directory)
        let room = try directory.directory(Self.name)
        guard try room.makeDirectory(Self.into, permissions: 0o700) else {
            throw FileFailure("make directory", inside, .fileExists)
        }
        guard let parent else { return }
        try subvolumes.receivedSnapshot(
            of: try OpenDirectory(parent.snapshot), as: Self.parent, uuid: parent.substitute.substitute.bytes, in: room)
    }

    /// Removes it with all that a stream has made in it.
    package func clear() async throws {
        let directory = try OpenDirectory(staging)
        guard try isSubvolume(Self.name, in: directory) else { return }
        let room = try directory.directory(Self.name)
        if try isSubvolume(Self.parent, in: room) { try subvolumes.delete(Self.parent, in: room) }
        if try room.kind(of: Self.into) == .directory {
            let into = try room.directory(Self.into)
            for name in try into.names() where try isSubvolume(name, in: into) {
                try subvolumes.delete(name, in: into)
            }
            // Files are gone at once, a subvolume's when Btrfs comes to it; and names may be no text.
            try await btrfs.remove(inside)
        }
        try subvolumes.delete(Self.name, in: directory)
        // Its space is free once that is on the disk.
        try directory.synchronizeFileSystem()
    }

    private func isSubvolume(_ name: String, in directory: borrowing OpenDirectory) throws -> Bool {
        guard try directory.kind(of: name) == .directory else { return false }
        return try subvolumes.subvolume(try directory.directory(name)) != nil
    }
}

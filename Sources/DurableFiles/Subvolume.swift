internal import CLinux
internal import Glibc
package import SystemPackage

/// What Btrfs says of a subvolume by its descriptor. UUIDs are 16 bytes; one that is not set is nil.
package struct Subvolume: Sendable, Equatable {
    package let uuid: [UInt8]
    /// Of the subvolume that it is a snapshot of.
    package let parentUUID: [UInt8]?
    package let receivedUUID: [UInt8]?
    /// The id it is mounted by (`subvolid=`).
    package let id: UInt64
    package let generation: UInt64
    /// The one that it was made with; of a snapshot, the last one that its source had given.
    package let generationAtCreation: UInt64
    package let isReadOnly: Bool
    /// The user whom its top directory belongs to.
    package let owner: UInt32

    package init(
        uuid: [UInt8], parentUUID: [UInt8]?, receivedUUID: [UInt8]?, id: UInt64, generation: UInt64,
        generationAtCreation: UInt64, isReadOnly: Bool, owner: UInt32
    ) {
        self.uuid = uuid
        self.parentUUID = parentUUID
        self.receivedUUID = receivedUUID
        self.id = id
        self.generation = generation
        self.generationAtCreation = generationAtCreation
        self.isReadOnly = isReadOnly
        self.owner = owner
    }
}

/// Btrfs by descriptors: nobody who renames things meanwhile leads such a call astray.
extension OpenDirectory {
    /// `BTRFS_FIRST_FREE_OBJECTID`, the inode of every subvolume's top directory.
    private static let topOfSubvolume: ino_t = 256

    /// Nil where this directory is not the top of a Btrfs subvolume.
    package func subvolume() throws(FileFailure) -> Subvolume? {
        let status = try status()
        guard status.st_ino == Self.topOfSubvolume, clinux_is_btrfs(descriptor.rawValue) == 1 else { return nil }
        var found = clinux_subvolume()
        guard unsafe clinux_subvolume(descriptor.rawValue, &found) == 0 else { throw failure("look at subvolume", ".") }
        func bytes<UUID>(_ uuid: UUID) -> [UInt8]? {
            let bytes = unsafe withUnsafeBytes(of: uuid) { unsafe Array($0) }
            return bytes.contains { $0 != 0 } ? bytes : nil
        }
        return Subvolume(
            uuid: bytes(found.uuid) ?? [], parentUUID: bytes(found.parent_uuid),
            receivedUUID: bytes(found.received_uuid),
            id: found.id, generation: found.generation, generationAtCreation: found.generation_at_creation,
            isReadOnly: found.is_read_only != 0, owner: status.st_uid)
    }

    /// Whether anything in this subvolume was written after that generation: whether any inode says so. Its own
    /// generation tells less, since that moves too when a snapshot is made of it or a file is cleaned up. Needs root.
    ///
    /// What is not on the disk yet is not seen: `synchronizeFileSystem` first.
    package func isChanged(since generation: UInt64) throws(FileFailure) -> Bool {
        let answer = clinux_changed_since(descriptor.rawValue, generation)
        if answer < 0 { throw failure("search subvolume", ".") }
        return answer == 1
    }

    /// A read-only snapshot of `source`, which is an open subvolume, under that name in this directory.
    package func readOnlySnapshot(of source: borrowing OpenDirectory, as name: String) throws(FileFailure) {
        let result = unsafe clinux_read_only_snapshot(source.descriptor.rawValue, descriptor.rawValue, name)
        if result != 0 { throw failure("snapshot \(source.path) as", name) }
    }

    /// A writable snapshot of `source`, which is an open subvolume, under that name in this directory.
    package func snapshot(of source: borrowing OpenDirectory, as name: String) throws(FileFailure) {
        let result = unsafe clinux_snapshot(source.descriptor.rawValue, descriptor.rawValue, name)
        if result != 0 { throw failure("snapshot \(source.path) as", name) }
    }

    /// Whether nobody can write to the subvolume of that name.
    package func setReadOnly(_ name: String, _ isReadOnly: Bool) throws(FileFailure) {
        let result = unsafe clinux_set_read_only(descriptor.rawValue, name, isReadOnly ? 1 : 0)
        if result != 0 { throw failure("change flags of", name) }
    }

    /// Whether another process has something of the subvolume of that name open, and could write to it though it is
    /// read-only. True also where nobody can tell. Needs root.
    package func isOpenElsewhere(_ name: String) -> Bool {
        unsafe clinux_is_open_elsewhere(descriptor.rawValue, name) != 0
    }

    /// A new subvolume of that name, this user's alone, which hands nothing on that this directory has handed on to it.
    package func makeBareSubvolume(_ name: String) throws(FileFailure) {
        if unsafe clinux_new_subvolume(descriptor.rawValue, name) != 0 { throw failure("make subvolume", name) }
        let made = try directory(name)
        if clinux_inherit_nothing(made.descriptor.rawValue) != 0 { throw failure("make bare", name) }
    }

    /// A read-only snapshot of `source`, which is an open subvolume, under that name in this directory, as if it had been
    /// received with that UUID of 16 bytes.
    package func receivedSnapshot(
        of source: borrowing OpenDirectory, as name: String, uuid: [UInt8]
    ) throws(FileFailure) {
        guard unsafe clinux_snapshot(source.descriptor.rawValue, descriptor.rawValue, name) == 0 else {
            throw failure("snapshot \(source.path) as", name)
        }
        let made = try directory(name)
        guard unsafe clinux_finish_as_received(made.descriptor.rawValue, uuid) == 0 else {
            throw failure("finish the snapshot", name)
        }
    }

    /// Deletes the subvolume of that name; nothing where a link of that name leads.
    package func deleteSubvolume(_ name: String) throws(FileFailure) {
        if unsafe clinux_delete_subvolume(descriptor.rawValue, name) != 0 { throw failure("delete subvolume", name) }
    }

    /// Whether both are on one Btrfs file system, by whichever mounts.
    package func isOnFileSystem(of other: borrowing OpenDirectory) throws(FileFailure) -> Bool {
        try fileSystemID() == other.fileSystemID()
    }

    private func fileSystemID() throws(FileFailure) -> [UInt8]? {
        guard clinux_is_btrfs(descriptor.rawValue) == 1 else { return nil }
        var id = [UInt8](repeating: 0, count: 16)
        if unsafe clinux_file_system_id(descriptor.rawValue, &id) != 0 { throw failure("look at file system of", ".") }
        return id
    }

    /// `syncfs(2)`: the whole file system that holds it is on the disk when this returns.
    package func synchronizeFileSystem() throws(FileFailure) {
        try DurableFiles.check(clinux_syncfs(descriptor.rawValue), "make durable", path)
    }

    /// Whether a mount begins here.
    package func isMountPoint() throws(FileFailure) -> Bool {
        let answer = clinux_is_mount_root(descriptor.rawValue)
        if answer < 0 { throw failure("look at", ".") }
        return answer == 1
    }

    /// The same directory, for what takes a path: it stays this one whatever is renamed.
    package var pathOfDescriptor: FilePath { FilePath("/proc/self/fd/\(descriptor.rawValue)") }

    /// Whether the name stands for this directory.
    package func isDirectory(_ name: String, in parent: borrowing OpenDirectory) throws(FileFailure) -> Bool {
        let mine = try status()
        var theirs = Glibc.stat()
        if unsafe fstatat(parent.descriptor.rawValue, name, &theirs, AT_SYMLINK_NOFOLLOW) != 0 {
            throw parent.failure("look at", name)
        }
        return mine.st_dev == theirs.st_dev && mine.st_ino == theirs.st_ino
    }

    /// Gives this directory these permissions.
    package func setPermissions(_ permissions: UInt32) throws(FileFailure) {
        try DurableFiles.check(fchmod(descriptor.rawValue, permissions), "change permissions of", path)
    }

    /// Its owner and permission bits.
    package func ownership() throws(FileFailure) -> (user: UInt32, permissions: UInt32) {
        let status = try status()
        return (status.st_uid, status.st_mode & 0o7777)
    }

    func status() throws(FileFailure) -> stat {
        var status = Glibc.stat()
        if unsafe fstat(descriptor.rawValue, &status) != 0 { throw failure("look at", ".") }
        return status
    }
}

/// Gives a directory, or a regular file with one name, to a user, by a descriptor that no link led to.
///
/// A file with two names may be one that lies elsewhere too, and that its owner never meant to give away.
package func giveAway(_ path: FilePath, user: UInt32, group: UInt32, permissions: UInt32) throws(FileFailure) {
    let opened = unsafe clinux_open_without_links(AT_FDCWD, path.string, O_RDONLY | O_NONBLOCK)
    if opened < 0 { throw FileFailure("open", path, Errno(rawValue: clinux_errno())) }
    let file = OpenFile(adopting: FileDescriptor(rawValue: opened), path: path)
    var status = Glibc.stat()
    try check(unsafe fstat(opened, &status), "look at", path)
    switch status.st_mode & S_IFMT {
    case S_IFDIR: break
    case S_IFREG where status.st_nlink == 1: break
    case S_IFREG:
        throw FileFailure(
            "give away", path, .tooManyLinks, hint: "it has another name elsewhere: copy it, and remove this name")
    default: throw FileFailure("give away", path, .invalidArgument, hint: "it is neither a file nor a directory")
    }
    try check(fchmod(opened, permissions), "change permissions of", path)
    try check(fchown(opened, user, group), "give away", path)
    try file.close()
}

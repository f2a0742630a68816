package import DurableFiles

/// What the kernel does with subvolumes by descriptors, where btrfs-progs would go by names that somebody may exchange. A
/// test answers for it with plain directories.
package protocol SubvolumeCalls: Sendable {
    /// Nil where the directory is not the top of a subvolume.
    func subvolume(_ directory: borrowing OpenDirectory) throws(FileFailure) -> Subvolume?
    /// A writable snapshot of that name.
    func snapshot(
        of source: borrowing OpenDirectory, as name: String, in directory: borrowing OpenDirectory
    ) throws(FileFailure)
    /// A read-only one, as if it had been received with that UUID of 16 bytes.
    func receivedSnapshot(
        of source: borrowing OpenDirectory, as name: String, uuid: [UInt8], in directory: borrowing OpenDirectory
    ) throws(FileFailure)
    /// A new subvolume, this user's alone, which hands nothing on.
    func makeBare(_ name: String, in directory: borrowing OpenDirectory) throws(FileFailure)
    func setReadOnly(_ name: String, _ isReadOnly: Bool, in directory: borrowing OpenDirectory) throws(FileFailure)
    /// Whether another process has something in it open; true also where nobody can tell.
    func isOpenElsewhere(_ name: String, in directory: borrowing OpenDirectory) -> Bool
    func delete(_ name: String, in directory: borrowing OpenDirectory) throws(FileFailure)
}

package struct KernelSubvolumes: SubvolumeCalls {
    package init() {}

    package func subvolume(_ directory: borrowing OpenDirectory) throws(FileFailure) -> Subvolume? {
        try directory.subvolume()
    }

    package func snapshot(
        of source: borrowing OpenDirectory, as name: String, in directory: borrowing OpenDirectory
    ) throws(FileFailure) {
        try directory.snapshot(of: source, as: name)
    }

    package func receivedSnapshot(
        of source: borrowing OpenDirectory, as name: String, uuid: [UInt8], in directory: borrowing OpenDirectory
    ) throws(FileFailure) {
        try directory.receivedSnapshot(of: source, as: name, uuid: uuid)
    }

    package func makeBare(_ name: String, in directory: borrowing OpenDirectory) throws(FileFailure) {
        try directory.makeBareSubvolume(name)
    }

    package func setReadOnly(
        _ name: String, _ isReadOnly: Bool, in directory: borrowing OpenDirectory
    ) throws(FileFailure) {
        try directory.setReadOnly(name, isReadOnly)
    }

    package func isOpenElsewhere(_ name: String, in directory: borrowing OpenDirectory) -> Bool {
        directory.isOpenElsewhere(name)
    }

    package func delete(_ name: String, in directory: borrowing OpenDirectory) throws(FileFailure) {
        try directory.deleteSubvolume(name)
    }
}

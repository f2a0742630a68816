package import Backup
import Digest
package import DurableFiles
package import Machines
import Sealing
package import SystemPackage
import TreeHash

/// One of the workstation's snapshots, compared with what the journal says of its label before anything is built on it:
/// `btrfs send` exits 0 on another subvolume, and on a parent that is not what the server has, and what comes of it
/// restores as something else, or not at all.
package struct WorkstationSnapshot: ~Copyable {
    package let label: Label
    package let path: FilePath
    package let directory: OpenDirectory
    package let subvolume: Subvolume
    /// The UUID that send streams name it by: where it was received, the one that it had where it was taken.
    package let streamUUID: String

    /// Nil where nothing stands under the label's name. What is there and is not a read-only subvolume is refused.
    ///
    /// - Parameter hint: what mends that.
    package static func open(
        _ label: Label, in place: borrowing OpenDirectory, hint: String
    ) throws -> WorkstationSnapshot? {
        let name = label.description
        guard let kind = try place.kind(of: name) else { return nil }
        let path = place.path.appending(name)
        let none = MonthSnapshotError.notASnapshot(path, hint: hint)
        guard kind == .directory else { throw none }
        let directory = try place.directory(name)
        guard let found = try directory.subvolume(), let uuid = SubvolumeUUID(found.receivedUUID ?? found.uuid) else {
            throw none
        }
        guard found.isReadOnly else { throw MonthSnapshotError.writable(path, hint: hint) }
        return WorkstationSnapshot(
            label: label, path: path, directory: directory, subvolume: found, streamUUID: uuid.description)
    }

    /// Complains where something was written to it since it was made.
    ///
    /// No inode written after the generation that it was made with: then it is as it was, whatever snapshots were made of
    /// it since. Where one was, or `btrfs receive` has made it by itself, which writes what it makes, its tree is compared
    /// with the one that was sealed. The received UUID tells nothing: one that is made writable by the kernel's call alone
    /// keeps it.
    package func requireUnchanged(_ state: BackupState, hint: String) async throws {
        // What was written a moment ago shows once it is on the disk.
        try directory.synchronizeFileSystem()
        guard try directory.isChanged(since: subvolume.generationAtCreation) else { return }
        guard let tree = state.tree(of: label) else {
            throw MonthSnapshotError.writtenTo(path, hint: hint)
        }
        guard try await TreeHash.of(directory.pathOfDescriptor).digest.hex == tree else {
            throw MonthSnapshotError.changed(path, sealed: tree, hint: hint)
        }
    }
}

/// What a person does about a snapshot that is not what it is to be.
extension Machine {
    /// It is not on the server yet: it is taken again.
    package func hint(takingAgain label: Label) -> String {
        let path = configuration.snapshots.appending(label.description)
        return "mv -T \(path) \(path).aside; \(month(label)) takes another one"
    }

    /// It is an increment's parent.
    package func hint(withoutParentOf label: Label) -> String {
        "a full artifact needs no parent: \(month(label, "--full "))"
    }

    private func month(_ label: Label, _ options: String = "") -> String {
        let named = configuration.file.map { $0 == Configuration.defaultPath ? "" : "--config \($0) " } ?? ""
        return "ws_dev_run_month.sh \(named)\(options)\(label.monthText)"
    }
}

import Backup
import Digest
import DurableFiles
import Sealing
import SystemPackage
import TreeHash

/// A directory of read-only snapshots, and the staging directory that new ones are received in. All of it needs root.
///
/// `btrfs receive` does not sync and can leave a writable part of a snapshot, so what it made gets its name here
/// only after it was looked at, made durable and compared; whatever a crash leaves in the staging directory goes with
/// the next `clear`.
struct SnapshotDirectory {
    let path: FilePath
    let staging: FilePath

    func path(of label: Label) -> FilePath { path.appending(label.description) }

    /// Nil where nothing stands under that name. What is there and is not a subvolume is nobody's to overwrite.
    func subvolume(_ label: Label) async throws -> Btrfs.Subvolume? {
        let path = path(of: label)
        guard pathExists(path) else { return nil }
        guard let subvolume = try await Btrfs.show(path) else {
            throw Complaint(
                "\(path) is there, but is not a snapshot", hint: "move it away; nothing is overwritten", .refused)
        }
        return subvolume
    }

    private var room: ReceivingRoom { ReceivingRoom(staging: staging) }

    /// What reads a send stream on its standard input, once there is room.
    ///
    /// - Parameter bytes: of that stream and of those that its parents came of.
    func receiveCommand(announced bytes: Int) -> [String] {
        ReceivingCage(staging: room.inside, largestFile: ApparentSize.limit(ofStreams: bytes)).command
    }

    /// Makes the place where the next snapshot is received, on the parent by that substitute; what was left there goes.
    func makeRoom(over parent: Label?, by substitute: ParentSubstitute?) async throws {
        try await clear()
        do {
            try room.make(over: parent.flatMap { label in substitute.map { (path(of: label), $0) } })
        } catch {
            try? await clear()
            throw error
        }
    }

    /// The name by which an increment to that snapshot is received; nil where the snapshot is not there.
    func substitute(for parent: Label) async throws -> ParentSubstitute? {
        guard let found = try await subvolume(parent) else { return nil }
        return SubvolumeUUID(found.receivedUUID ?? found.uuid).map { ParentSubstitute(of: $0) }
    }

    /// Gives what was received its name, if it is the snapshot with that UUID, complete and alone.
    ///
    /// - Parameter tree: the hash of the tree that was sealed, where it is known.
    /// - Parameter bytes: of the stream that it came of and of its parents'.
    func accept(_ label: Label, uuid: String, tree: String?, announced bytes: Int) async throws -> Btrfs.Subvolume {
        do {
            let staged = try await lookAtStaged(label, uuid)
            try requireHonestSize(staged, label, announced: bytes)
            try synchronizeFileSystem(holding: staging)
            if let tree { try await compare(staged, with: tree, label) }
            let target = path(of: label)
            // A read-only subvolume cannot be moved to another directory; a read-only snapshot of it keeps its
            // identity.
            try await Btrfs.snapshot(staged, to: target, readOnly: true)
            try await clear()
            guard let received = try await Btrfs.show(target) else {
                throw Complaint("\(target) is not there after it was received", .failed)
            }
            return received
        } catch {
            try? await clear()
            throw error
        }
    }

    private func lookAtStaged(_ label: Label, _ uuid: String) async throws -> FilePath {
        let staged = room.inside.appending(label.description)
        guard let subvolume = try await Btrfs.show(staged), subvolume.isReadOnly, subvolume.receivedUUID == uuid else {
            throw Complaint("btrfs receive did not finish \(label)", .failed)
        }
        guard try namesInDirectory(room.inside) == [label.description] else {
            throw Complaint(
                "the stream of \(label) wrote outside its snapshot",
                hint: "no btrfs send does so: find out who made the artifact; what was received is deleted again",
                .damaged)
        }
        return staged
    }

    private func requireHonestSize(_ staged: FilePath, _ label: Label, announced bytes: Int) throws {
        let limit = ApparentSize.limit(ofStreams: bytes)
        let apparent = try TreeSize(staged).apparentBytes
        guard apparent <= limit else {
            throw Complaint(
                "\(label) came of \(Terminal.bytes(bytes)) and has files of \(Terminal.bytes(apparent)), holes included: "
                    + "no more than \(Terminal.bytes(limit)) is taken for honest",
                hint: "find out who made the artifact; what was received is deleted again", .damaged)
        }
    }

    private func compare(_ staged: FilePath, with tree: String, _ label: Label) async throws {
        let found = try await TreeHash.shown("comparing \(label) with what was sealed", of: staged).digest.hex
        guard found == tree else {
            try await requireOwnAttributes(staged, tree)
            throw Complaint(
                "\(label) was received, but its tree is not the one that was sealed: its hash is \(found), not \(tree)",
                hint: "what was received is deleted again; the artifact, or the copy of its parent, is damaged",
                .damaged)
        }
    }

    /// Whether a snapshot that was received earlier is still what was sealed.
    ///
    /// One that was made writable and edited loses its received UUID only where btrfs-progs see to that. Its inodes'
    /// generations tell whether anybody can have written to it.
    func compare(_ label: Label, with tree: String) async throws {
        let path = path(of: label)
        let directory = try OpenDirectory.withoutLinks(path)
        // Edits of the last seconds show when they are on the disk.
        try directory.synchronizeFileSystem()
        if let subvolume = try directory.subvolume(),
            try !directory.isChanged(since: subvolume.generationAtCreation)
        {
            return
        }
        let found = try await TreeHash.shown("comparing \(label) with what was sealed", of: path).digest.hex
        guard found == tree else {
            try await requireOwnAttributes(path, tree)
            let aside = "\(path).changed"
            throw Complaint(
                "\(path) was changed after it was received: the hash of its tree is \(found), not \(tree)",
                hint: "mv \(path) \(aside), restore it again, and see what differs: "
                    + "devjournal tree \(aside) --compare \(path)", .damaged)
        }
    }

    /// A tree that was received by other means, below what hands attributes on to it, is not damaged.
    private func requireOwnAttributes(_ place: FilePath, _ tree: String) async throws {
        let inherited = try InheritedAttributes(of: place)
        guard !inherited.isEmpty, try await TreeHash.of(place, leavingOut: inherited).digest.hex == tree else { return }
        throw Complaint(
            "\(place) has the contents that were sealed, but also \(inherited.text) on its objects: they inherited that "
                + "from where it was received",
            hint: "btrfs subvolume delete \(place), and restore it again: devjournal receives it without", .refused)
    }

    /// Sets a received snapshot aside under a name with its own UUID, in the same directory: a read-only subvolume
    /// cannot be moved to another one.
    func withdraw(_ label: Label) async throws -> String {
        guard let subvolume = try await subvolume(label) else {
            throw Complaint("\(label) was not received", .refused)
        }
        let name = "\(label).withdrawn-\(subvolume.uuid)"
        try renameToNewName(path(of: label), path.appending(name))
        return name
    }

    /// Deletes what an interrupted receive has left: a part of a snapshot, and whatever else a stream made next to it.
    func clear() async throws {
        try makeDirectories(staging, permissions: 0o700)
        try await room.clear()
        var isClear = true
        for name in try namesInDirectory(staging) ?? [] {
            let path = staging.appending(name)
            let isDirectory = (try? path.stat(followTargetSymlink: false).type) == .directory
            guard isDirectory, try await Btrfs.show(path) != nil else {
                isClear = false
                continue
            }
            do { try await Btrfs.delete(path) } catch { isClear = false }
        }
        // Names may be no text: the directory goes as a whole.
        if !isClear { try await Btrfs.remove(staging) }
        try makeDirectories(staging, permissions: 0o700)
    }
}

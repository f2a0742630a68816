package import Backup
import Digest
import DurableFiles
package import Machines
package import Sealing
package import SystemPackage
import Threads
import TreeHash

/// A directory of read-only snapshots, and the staging directory that new ones are received in. All of it needs root.
///
/// `btrfs receive` does not sync and can leave a writable part of a snapshot, so what it made gets its name here
/// only after it was looked at, made durable and compared; whatever a crash leaves in the staging directory goes with
/// the next `clear`.
package struct SnapshotDirectory {
    package let path: FilePath
    package let staging: FilePath
    /// What is known of what was compared; nil where that is not kept.
    private let compared: ComparedSnapshots?
    private let reporter: any Reporter
    private let btrfs: Btrfs
    private let subvolumes: any SubvolumeCalls

    /// - Parameter compared: a directory of root's, for what is known of snapshots that were compared.
    package init(
        _ path: FilePath, staging: FilePath, compared: FilePath? = nil, _ effects: Effects,
        _ subvolumes: any SubvolumeCalls = KernelSubvolumes()
    ) {
        self.compared = compared.map { ComparedSnapshots(directory: $0) }
        self.subvolumes = subvolumes
        self.path = path
        self.staging = staging
        reporter = effects.reporter
        btrfs = Btrfs(effects.programs)
    }

    package func path(of label: Label) -> FilePath { path.appending(label.description) }

    /// Nil where nothing stands under that name. What is there and is not a subvolume is nobody's to overwrite.
    package func subvolume(_ label: Label) async throws -> Btrfs.Subvolume? {
        let path = path(of: label)
        guard pathExists(path) else { return nil }
        guard let subvolume = try await btrfs.show(path) else { throw SnapshotError.notASnapshot(path) }
        return subvolume
    }

    private var room: ReceivingRoom { ReceivingRoom(staging: staging, btrfs: btrfs, subvolumes: subvolumes) }

    /// Where a send stream is received, once there is room.
    ///
    /// - Parameter bytes: of that stream and of those that its parents came of.
    package func cage(announced bytes: Int) -> ReceivingCage {
        ReceivingCage(staging: room.inside, largestFile: ApparentSize.limit(ofStreams: bytes))
    }

    /// Makes the place where the next snapshot is received, on the parent by that substitute; what was left there goes.
    package func makeRoom(over parent: Label?, by substitute: ParentSubstitute?) async throws {
        try await clear()
        do {
            try room.make(over: parent.flatMap { label in substitute.map { (path(of: label), $0) } })
        } catch {
            try? await clear()
            throw error
        }
    }

    /// The name by which an increment to that snapshot is received; nil where the snapshot is not there.
    package func substitute(for parent: Label) async throws -> ParentSubstitute? {
        guard let found = try await subvolume(parent) else { return nil }
        return SubvolumeUUID(found.receivedUUID ?? found.uuid).map { ParentSubstitute(of: $0) }
    }

    /// Gives what was received its name, if it is the snapshot with that UUID, complete and alone.
    ///
    /// - Parameter tree: the hash of the tree that was sealed, where it is known.
    /// - Parameter bytes: of the stream that it came of and of its parents'.
    /// - Parameter parent: what it was received on, where its listing is known: then what changed alone is read.
    /// - Parameter listing: says what differs, if the tree is another one.
    package func accept(
        _ label: Label, uuid: String, tree: String?, announced bytes: Int, since parent: ReceivedParent? = nil,
        listing: SealedListing? = nil
    ) async throws -> Btrfs.Subvolume {
        do {
            let staged = try await lookAtStaged(label, uuid)
            let apparentBytes: Int
            if let parent, let tree, let size = try await sizeByChange(staged, label, parent, tree, announced: bytes) {
                apparentBytes = size
            } else {
                apparentBytes = try await requireWhole(tree, at: staged, of: label, listing, announced: bytes)
            }
            let target = path(of: label)
            // A read-only subvolume cannot be moved to another directory; a read-only snapshot of it keeps its
            // identity.
            try await btrfs.snapshot(staged, to: target, readOnly: true)
            if let tree { try record(target, label, tree, apparentBytes) }
            try await clear()
            guard let received = try await btrfs.show(target) else {
                throw SnapshotError.goneAfterReceiving(target)
            }
            return received
        } catch {
            try? await clear()
            throw error
        }
    }

    private func lookAtStaged(_ label: Label, _ uuid: String) async throws -> FilePath {
        let staged = room.inside.appending(label.description)
        guard let subvolume = try await btrfs.show(staged), subvolume.isReadOnly, subvolume.receivedUUID == uuid else {
            throw SnapshotError.receiveUnfinished(label)
        }
        guard try namesInDirectory(room.inside) == [label.description] else {
            throw SnapshotError.wroteBesideIt(label)
        }
        return staged
    }

    /// Makes it durable, and reads all of it meanwhile.
    ///
    /// - Returns: of its files together, holes included.
    private func requireWhole(
        _ tree: String?, at staged: FilePath, of label: Label, _ listing: SealedListing?, announced bytes: Int
    ) async throws -> Int {
        let staging = staging
        async let durable = onOwnThread {
            Result { () throws(FileFailure) in try synchronizeFileSystem(holding: staging) }
        }
        let apparentBytes = try requireHonestSize(staged, label, announced: bytes)
        if let tree {
            try await require(tree, at: staged, of: label, listing) { .otherTree(label, found: $0, sealed: tree) }
        }
        try await durable.get()
        return apparentBytes
    }

    /// Makes it durable, and where the tree that was sealed comes of what changed: of its files together no more than that,
    /// holes included. Nil where all is to be read.
    private func sizeByChange(
        _ staged: FilePath, _ label: Label, _ parent: ReceivedParent, _ tree: String, announced bytes: Int
    ) async throws -> Int? {
        guard let compared else { return nil }
        // What Btrfs says of changes is what is on the disk.
        try synchronizeFileSystem(holding: staging)
        let work = ReceivedByChange(
            compared: compared, parent: parent, snapshot: path(of: parent.label), copy: room.copyOfParent,
            directory: staging, limit: ApparentSize.limit(ofStreams: bytes), reporter: reporter)
        switch try await work.list(staged, label) {
        case .listed(let made):
            if made.tree == tree { return made.apparentBytes }
            reporter.say("\(label): what changed makes another tree than was sealed; all of it is compared")
        case .whole(let why): reporter.say("\(label): all of it is compared: \(why)")
        }
        return nil
    }

    /// It is what was sealed from then on, as long as nothing is written to it.
    private func record(_ target: FilePath, _ label: Label, _ tree: String, _ apparentBytes: Int) throws {
        guard let compared, let found = try subvolumes.subvolume(try OpenDirectory(target)) else { return }
        try compared.record(
            ComparedSnapshot(
                uuid: found.uuid, generation: found.generationAtCreation, tree: tree, apparentBytes: apparentBytes),
            as: label.description)
    }

    /// - Returns: of its files together, holes included.
    private func requireHonestSize(_ staged: FilePath, _ label: Label, announced bytes: Int) throws -> Int {
        let limit = ApparentSize.limit(ofStreams: bytes)
        let apparent = try TreeSize(staged).apparentBytes
        guard apparent <= limit else {
            throw SnapshotError.tooLarge(label, streams: bytes, apparent: apparent, limit: limit)
        }
        return apparent
    }

    /// - Parameter other: what is wrong where the tree is another one, by the hash that was found.
    private func require(
        _ tree: String, at place: FilePath, of label: Label, _ listing: SealedListing?,
        else other: (String) -> SnapshotError
    ) async throws {
        let found = try await TreeHash.shown("comparing \(label) with what was sealed", of: place, by: reporter).digest
            .hex
        guard found == tree else {
            try await requireOwnAttributes(place, tree)
            await tellDifference(place, listing)
            throw other(found)
        }
    }

    /// A person decides by it; that it cannot be found out changes nothing.
    private func tellDifference(_ place: FilePath, _ listing: SealedListing?) async {
        guard let sealed = try? await listing?(),
            let difference = try? await SealedTreeDifference(of: place, from: sealed)
        else { return }
        reporter.say("what differs: \(difference.text)")
    }

    /// Whether a snapshot that was received earlier is still what was sealed.
    ///
    /// - Parameter listing: says what differs, if it is not.
    ///
    /// One that was made writable and edited loses its received UUID only where btrfs-progs see to that. Its inodes'
    /// generations tell whether anybody can have written to it.
    package func compare(_ label: Label, with tree: String, listing: SealedListing? = nil) async throws {
        let path = path(of: label)
        let directory = try OpenDirectory.withoutLinks(path)
        // Edits of the last seconds show when they are on the disk.
        try directory.synchronizeFileSystem()
        if let subvolume = try directory.subvolume(),
            try !directory.isChanged(since: subvolume.generationAtCreation)
        {
            return
        }
        try await require(tree, at: path, of: label, listing) { .changedSince(path, found: $0, sealed: tree) }
    }

    /// A tree that was received by other means, below what hands attributes on to it, is not damaged.
    private func requireOwnAttributes(_ place: FilePath, _ tree: String) async throws {
        let inherited = try InheritedAttributes(of: place)
        guard !inherited.isEmpty, try await TreeHash.of(place, leavingOut: inherited).digest.hex == tree else { return }
        throw SnapshotError.inheritedAttributes(place, inherited.text)
    }

    /// Sets a received snapshot aside under a name with its own UUID, in the same directory: a read-only subvolume
    /// cannot be moved to another one.
    package func withdraw(_ label: Label) async throws -> String {
        guard let subvolume = try await subvolume(label) else {
            throw SnapshotError.notReceived(label)
        }
        let name = "\(label).withdrawn-\(subvolume.uuid)"
        try renameToNewName(path(of: label), path.appending(name))
        return name
    }

    /// Deletes what an interrupted receive has left: a part of a snapshot, and whatever else a stream made next to it.
    package func clear() async throws {
        try makeDirectories(staging, permissions: 0o700)
        try await room.clear()
        var isClear = true
        for name in try namesInDirectory(staging) ?? [] {
            let path = staging.appending(name)
            let isDirectory = (try? path.stat(followTargetSymlink: false).type) == .directory
            guard isDirectory, try await btrfs.show(path) != nil else {
                isClear = false
                continue
            }
            do { try await btrfs.delete(path) } catch { isClear = false }
        }
        // Names may be no text: the directory goes as a whole.
        if !isClear { try await btrfs.remove(staging) }
        try makeDirectories(staging, permissions: 0o700)
    }
}

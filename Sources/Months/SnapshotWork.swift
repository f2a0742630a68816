package import Artifacts
package import Backup
import Digest
import DurableFiles
package import Machines
package import Restoring
import Sealing
package import SystemPackage
import TreeHash

/// What a month does with the workstation's snapshots: Btrfs and root's work. A test answers for it with plain files.
package struct SnapshotWork: Sendable {
    /// Refuses places where another user could steer root's work.
    let requirePlaces: @Sendable () throws -> Void
    /// Takes a label's snapshot, or finds it.
    let take: @Sendable (Label, _ isDry: Bool) async throws -> SnapshotTaking.Outcome
    /// The UUID by which send streams name a label's snapshot, which must be as it was recorded. The other label is the one
    /// whose increment is to start from it.
    let check: @Sendable (Label, _ parentOf: Label?) async throws -> String
    /// Throws a `SourceError` if an increment to the first path from the second would lose something.
    let requireFit: @Sendable (FilePath, _ parent: FilePath) async throws -> Void
    /// The newest version of send streams that this machine makes.
    let streamVersion: @Sendable () async -> Int
    /// The command that prints a snapshot's send stream of that version.
    let send: @Sendable (FilePath, _ parent: FilePath?, _ version: Int) -> [String]
    let sealing: MonthSealing.Snapshots

    package init(
        requirePlaces: @escaping @Sendable () throws -> Void,
        take: @escaping @Sendable (Label, _ isDry: Bool) async throws -> SnapshotTaking.Outcome,
        check: @escaping @Sendable (Label, _ parentOf: Label?) async throws -> String,
        requireFit: @escaping @Sendable (FilePath, _ parent: FilePath) async throws -> Void,
        streamVersion: @escaping @Sendable () async -> Int,
        send: @escaping @Sendable (FilePath, _ parent: FilePath?, _ version: Int) -> [String],
        sealing: MonthSealing.Snapshots
    ) {
        self.streamVersion = streamVersion
        self.requirePlaces = requirePlaces
        self.take = take
        self.check = check
        self.requireFit = requireFit
        self.send = send
        self.sealing = sealing
    }

    /// - Parameter usesOutbox: whether a snapshot is recorded through the outbox: the journal is on another machine.
    package static func ofThisMachine(_ machine: Machine, usesOutbox: Bool) -> SnapshotWork {
        SnapshotWork(
            requirePlaces: { try RootPlaces(machine).requireWorkstation() },
            take: { label, isDry in
                guard isRoot else {
                    throw RestoreError.needsRoot("snapshots need root", hint: "sudo ws_dev_snapshot.sh")
                }
                return try await SnapshotTaking(machine, usesOutbox: usesOutbox).run(label.description, isDry: isDry)
            },
            check: { try await machine.checkSnapshot($0.description, parentOf: $1?.description) },
            requireFit: { try await IncrementExamination.check($0, since: $1) },
            streamVersion: { await StreamVersion.known(machine.effects.programs) },
            send: { snapshot, parent, version in
                // Never `--compressed-data`: what the kernel sends then is not always what is in the snapshot.
                ["btrfs", "-q", "send"] + (version > StreamVersion.oldest ? ["--proto", "\(version)"] : [])
                    + (parent.map { ["-p", $0.string] } ?? []) + [snapshot.string]
            },
            sealing: .ofThisMachine(machine))
    }
}

/// What sealing asks of the snapshots on this machine's Btrfs.
extension MonthSealing.Snapshots {
    package static func ofThisMachine(_ machine: Machine) -> MonthSealing.Snapshots {
        .init(
            uuid: { path in
                guard pathExists(path), let found = try OpenDirectory(path).subvolume(), found.isReadOnly else {
                    return nil
                }
                return SubvolumeUUID(found.receivedUUID ?? found.uuid)?.description
            },
            list: { try await list($0, into: $1, machine.reporter) }, kernel: KernelSeries.current)
    }

    private static func list(
        _ request: TreeListingRequest, into listing: SpooledText, _ reporter: any Reporter
    ) async throws -> TreeListing {
        var why: String?
        if let parent = request.parent, let digest = SHA256Digest(hex: parent.tree) {
            let (made, reason) = try await listByChange(request, parent, digest, into: listing, reporter)
            if let made { return made }
            why = reason
            try listing.clear()
        }
        let tree = try await TreeHash.shown(request.title, of: request.snapshot, by: reporter, into: listing)
        return TreeListing(tree: tree.digest.hex, why: why)
    }

    /// - Returns: nil, and why, where all has to be read.
    private static func listByChange(
        _ request: TreeListingRequest, _ parent: TreeListingRequest.Parent, _ digest: SHA256Digest,
        into listing: SpooledText, _ reporter: any Reporter
    ) async throws -> (TreeListing?, why: String?) {
        func refuse(_ word: String, _ text: String) -> (TreeListing?, String?) {
            reporter.say("the whole tree is read: \(text)")
            return (nil, word)
        }
        guard try InheritedAttributes(of: request.snapshot).isEmpty else {
            let reason = ListingPlan.FullReason.inheritedAttributes
            return refuse(reason.rawValue, reason.text)
        }
        let outcome = try await ListingByChange.shown(
            request.title, of: request.snapshot,
            since: .init(parent.snapshot, since: .itsCreation, listing: parent.listing.path(), digest: digest),
            month: request.month, by: reporter, into: listing)
        switch outcome {
        case .needsFull(let reason): return refuse(reason.rawValue, reason.text)
        case .listed(let made):
            return (
                TreeListing(
                    tree: made.digest.hex,
                    damaged: made.damaged.map {
                        .init(path: $0.path.text, pathBefore: $0.pathBefore.text, reason: $0.reason)
                    }), nil
            )
        }
    }
}

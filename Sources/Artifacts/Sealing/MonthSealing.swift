import Age
import Backup
import Catalogue
import Digest
import DurableFiles
import JournalFormat
package import Machines
package import Sealing
package import SystemPackage
import Zstd

/// Makes a month's artifact of what a producer sends, and has it recorded before it gets its name.
package struct MonthSealing {
    package struct Options {
        /// As a person writes them.
        let label: String
        let type: String
        let parent: String?
        let uuid: String
        let parentUUID: String?
        let source: Source
        /// Where the artifact goes; nil for the workstation's spool.
        let directory: FilePath?
        /// The snapshot, whose tree is hashed meanwhile.
        let tree: FilePath?
        let expectedBytes: Int?
        let ignoresSpace: Bool
        let lacksParent: Bool
        let unfitIncrement: String?

        package init(
            label: String, type: String, parent: String?, uuid: String, parentUUID: String?, source: Source,
            directory: FilePath?, tree: FilePath?, expectedBytes: Int?, ignoresSpace: Bool, lacksParent: Bool,
            unfitIncrement: String?
        ) {
            self.label = label
            self.type = type
            self.parent = parent
            self.uuid = uuid
            self.parentUUID = parentUUID
            self.source = source
            self.directory = directory
            self.tree = tree
            self.expectedBytes = expectedBytes
            self.ignoresSpace = ignoresSpace
            self.lacksParent = lacksParent
            self.unfitIncrement = unfitIncrement
        }
    }

    package enum Source {
        case producer([String])
        /// A file that holds the whole stream.
        case stream(FilePath)
    }

    /// How a snapshot is looked at.
    package struct Snapshots: Sendable {
        /// The UUID by which send streams name the read-only subvolume at that path; nil where there is none.
        let uuid: @Sendable (FilePath) async throws -> String?
        /// Lists its tree into the text.
        let list: @Sendable (TreeListingRequest, SpooledText) async throws -> TreeListing
        /// The series of the kernel that runs, such as `6.18`.
        let kernel: String

        package init(
            uuid: @escaping @Sendable (FilePath) async throws -> String?,
            list: @escaping @Sendable (TreeListingRequest, SpooledText) async throws -> TreeListing, kernel: String
        ) {
            self.uuid = uuid
            self.list = list
            self.kernel = kernel
        }
    }

    private let options: Options
    private let machine: Machine
    private let ledger: WorkstationLedger
    private let snapshots: Snapshots
    /// This program's.
    private let version: String

    package init(
        _ options: Options, _ machine: Machine, _ ledger: WorkstationLedger, snapshots: Snapshots, version: String
    ) {
        self.options = options
        self.machine = machine
        self.ledger = ledger
        self.snapshots = snapshots
        self.version = version
    }

    /// - Returns: where the artifact is; nil where it was registered before and is not on this machine.
    package func run() async throws -> FilePath? {
        let name = try artifactName()
        let directory = options.directory ?? machine.workstationState.appending("spool")
        try makeDirectories(directory, permissions: 0o700)
        let path = directory.appending(name.description)
        let state = try ledger.state()
        let earlier = EarlierSealing(name: name, path: path, reporter: machine.reporter)
        if case .done(let place) = try await earlier.take(state, ledger) { return place }
        let author = try ledger.author()
        let recipients = try ledger.recipients(state)
        // Refused before hours are spent on sending.
        try checkStream(of: name, uuid: options.uuid, parentUUID: options.parentUUID, state)
        let snapshot = try await snapshotTree(name.label)
        try requireSpace(for: name, snapshot, in: directory, state)
        let listing = try snapshot.map { _ in try SpooledText(in: directory) }
        let listingOfMonth = MonthListing(
            machine: machine, snapshots: snapshots, label: name.label,
            plan: ListingPlan(name, state, kernel: snapshots.kernel), directory: directory)
        async let hashed = Self.list(snapshot, into: listing, listingOfMonth)
        let map = try SpooledText(in: directory)
        let sealed = try await seal(makeSealer(name, recipients, map), path)
        let tree: MonthListing.Made?
        do {
            tree = try await hashed
        } catch {
            sealed.discard()
            throw error
        }
        try record(sealed, name, tree, listing, map, recipients, author)
        return path
    }

    // MARK: What is asked for

    private func artifactName() throws -> ArtifactName {
        func month(_ text: String) throws -> Label {
            guard let label = Label(text) ?? Label(dataset: machine.dataset, month: text) else {
                throw MonthSealingError.notALabel(text, dataset: machine.dataset)
            }
            return label
        }
        guard let kind = ArtifactKind(type: options.type, parent: try options.parent.map(month)) else {
            throw MonthSealingError.notAType(options.type)
        }
        return ArtifactName(try month(options.label), kind)
    }

    /// The directory to hash, which must be the snapshot that is sealed.
    private func snapshotTree(_ label: Label) async throws -> FilePath? {
        guard let tree = options.tree else { return nil }
        guard try await snapshots.uuid(tree) == options.uuid else {
            throw MonthSealingError.otherSnapshot(tree, of: label)
        }
        return tree
    }

    private func requireSpace(
        for name: ArtifactName, _ snapshot: FilePath?, in directory: FilePath, _ state: BackupState
    ) throws {
        let stream: FilePath? = if case .stream(let file) = options.source { file } else { nil }
        let space = SealingSpace(name: name, expected: options.expectedBytes, stream: stream, tree: snapshot)
        guard let need = try space.need(state) else { return }
        try SpaceCheck.workstation(machine).require(
            need, in: directory,
            override: .init(
                command: "ws_dev_run_month.sh --ignore-space \(name.label)", isGiven: options.ignoresSpace),
            instead: "name another directory with --out, or a better estimate with --expect-bytes")
    }

    // MARK: Sealing

    private func makeSealer(
        _ name: ArtifactName, _ recipients: [AgeRecipient], _ map: SpooledText
    ) throws -> Sealer {
        func known(_ text: String) throws -> SubvolumeUUID {
            guard let uuid = SubvolumeUUID(text) else { throw MonthSealingError.notAUUID(text) }
            return uuid
        }
        let expectation = StreamExpectation(
            name: name.label.description, uuid: try known(options.uuid),
            parent: try options.parentUUID.map { .uuid(try known($0)) } ?? .none)
        return Sealer(to: recipients, content: .sendStream(expectation)) { map.append($0) }
    }

    private func seal(_ sealer: Sealer, _ path: FilePath) async throws -> SealedFile {
        switch options.source {
        case .producer(let command): return try await sealer.seal(.command(command), as: path)
        case .stream(let stream):
            // Closed when sealing is over, and not before.
            let file = try OpenFile(stream, .readOnly)
            let sealed = try await sealer.seal(.descriptor(file.descriptor), as: path)
            try file.close()
            return sealed
        }
    }

    private static func list(
        _ snapshot: FilePath?, into listing: SpooledText?, _ month: MonthListing
    ) async throws -> MonthListing.Made? {
        guard let snapshot, let listing else { return nil }
        return try await month.make(of: snapshot, into: listing)
    }

    // MARK: Recording

    private func record(
        _ sealed: consuming SealedFile, _ name: ArtifactName, _ tree: MonthListing.Made?, _ listing: SpooledText?,
        _ map: SpooledText, _ recipients: [AgeRecipient], _ author: JournalKey
    ) throws {
        guard let stream = sealed.stream else { throw MonthSealingError.notInspected }
        let hashes = sealed.frames.hashes
        // Under their names before they are recorded: where the sealing comes to nothing the next one replaces them.
        let clear = try ClearCatalogue(
            frames: sealed.frames, listing: listing, map: map, known: tree?.known,
            as: try ClearCatalogues(machine).newPath(of: name.label))
        let catalogue = try SealedCatalogue(
            clear, to: recipients, as: sealed.finalPath.sibling(name.label.catalogueName))
        let sealing = NewSealing(
            artifact: Artifact(
                name: name, bytes: Int(sealed.bytes), sha256: sealed.sha256.hex, reason: nil),
            stream: ArtifactStream(
                uuid: stream.subvolume.uuid.description, parentUUID: stream.subvolume.parentUUID?.description,
                bytes: Int(sealed.streamBytes), tree: tree?.tree,
                frames: ArtifactStream.Frames(
                    size: FrameTable.frameSize, count: hashes.digests.count, sha256: hashes.sha256.hex),
                catalogue: ArtifactCatalogue(clear, catalogue), listing: tree?.origin),
            streamVersion: Int(stream.version), recipients: recipients.map(\.description),
            tools: ["devjournal": .string(version), "zstd": .string(zstdVersion)],
            lacksParent: options.lacksParent, unfitIncrement: options.unfitIncrement)
        do {
            try ledger.record(.recordSealing(sealing), author: author)
        } catch {
            sealed.discard()
            throw error
        }
        try sealed.finish()
    }
}

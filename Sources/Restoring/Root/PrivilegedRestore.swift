package import Backup
import BackupJournal
import Digest
import DurableFiles
import Glibc
import JournalStore
package import Machines
import Sealing
import SystemPackage
import TreeHash

/// The part of a server's restore that needs root. It takes from the caller a label and nothing else: which artifact that
/// is, whose stream it holds and which tree must come of it, the signed journal says.
package struct PrivilegedRestore: RootSteps {
    /// Another step may be clearing up after its caller went away.
    private static let lockPatience = 15.0

    private let machine: Machine

    private let snapshots: SnapshotDirectory
    private let workingCopy: WorkingCopy
    private let receiving: @Sendable (ReceivingCage) throws -> [String]

    /// - Parameter receiving: the command that reads a send stream on its standard input and makes a snapshot of it there.
    package init(
        _ machine: Machine, _ subvolumes: any SubvolumeCalls = KernelSubvolumes(),
        receiving: @escaping @Sendable (ReceivingCage) throws -> [String] = { $0.command }
    ) {
        self.machine = machine
        self.receiving = receiving
        snapshots = machine.server.snapshots(subvolumes)
        workingCopy = machine.workingCopy(subvolumes)
    }

    package func subvolume(_ label: Label) async throws -> Btrfs.Subvolume? { try await snapshots.subvolume(label) }

    package func receive(_ label: Label, progress: @escaping @Sendable (UInt64) -> Void) async throws -> Btrfs.Subvolume
    {
        try await withLock {
            let view = try RepositoryView(machine)
            let (opened, entry, state, bytes) = try await view.reading {
                let state = try self.state(of: view)
                let plan = try RestorePlan(label, state)
                guard let entry = plan.steps.last else { preconditionFailure("a plan has a step") }
                try await requireParent(of: entry, state)
                let bytes = plan.streamBytes(upTo: label)
                let opened = try await open(entry, view, announced: bytes, progress: progress)
                return (opened, entry, state, bytes)
            }
            guard let uuid = opened.stream?.subvolume.uuid.description else {
                preconditionFailure("a send stream that was opened names its snapshot")
            }
            return try await snapshots.accept(
                label, uuid: uuid, tree: entry.stream?.tree, announced: bytes, since: parent(of: entry, state, view),
                listing: listing(of: entry, view))
        }
    }

    package func compare(_ label: Label) async throws {
        let view = try RepositoryView(machine)
        let entry = try await view.reading { try RestorePlan(label, self.state(of: view)).steps.last }
        guard try await snapshots.subvolume(label) != nil else {
            throw SnapshotError.notReceived(label)
        }
        if let entry, let tree = entry.stream?.tree {
            try await snapshots.compare(label, with: tree, listing: listing(of: entry, view))
        }
    }

    package func list(_ label: Label, text: @escaping @Sendable ([UInt8]) -> Void) async throws -> String {
        let view = try RepositoryView(machine)
        let state = try await view.reading { try self.state(of: view) }
        _ = try RestorePlan(label, state)
        try await requireReceived(label, state)
        return try await TreeHash.of(snapshots.path(of: label), line: text).digest.hex
    }

    package func clear() async throws {
        try await withLock { try await snapshots.clear() }
    }

    package func requirePlace() throws { try workingCopy.requireExchangeable() }

    package func follow(_ label: Label) async throws -> WorkingCopy.Outcome {
        guard machine.updatesWorktree else {
            throw RestoreError.keepsNoWorkingCopy
        }
        let view = try RepositoryView(machine)
        let state = try await view.reading {
            let state = try self.state(of: view)
            _ = try RestorePlan(label, state)
            return state
        }
        try await requireReceived(label, state)
        return try await withLock {
            try await workingCopy.derive(from: snapshots.path(of: label), label)
        }
    }

    package func withdraw(_ label: Label) async throws -> String {
        let view = try RepositoryView(machine)
        let isWithdrawn = try await view.reading { try self.state(of: view).isWithdrawn(label) }
        guard isWithdrawn else { throw RestoreError.notWithdrawn(label) }
        return try await withLock { try await snapshots.withdraw(label) }
    }

    // MARK: What vouches for it

    private func state(of view: RepositoryView) throws -> BackupState {
        let server = view.machine.server
        try view.requireOwn(filesOf: server.journal.path)
        try view.requireOwn(server.rootFingerprint)
        return try view.machine.replay().readableState()
    }

    /// An increment goes onto the snapshot that the journal names, as it was received.
    private func requireParent(of entry: BackupState.Entry, _ state: BackupState) async throws {
        let label = entry.artifact.label
        guard try await snapshots.subvolume(label) == nil else {
            throw RestoreError.receivedAlready(label)
        }
        if let stream = entry.stream, !state.startsFromParent(entry.artifact.name, stream) {
            throw RestoreError.startsElsewhere(label)
        }
        guard let parent = entry.artifact.name.kind.parent else { return }
        try await requireReceived(parent, state)
        // What comes of a changed one is found out too, but only then, and not why.
        if let tree = state.entries[parent]?.stream?.tree { try await snapshots.compare(parent, with: tree) }
    }

    private func requireReceived(_ label: Label, _ state: BackupState) async throws {
        let uuid = state.streamUUID(of: label)
        guard let found = try await snapshots.subvolume(label), found.isReadOnly,
            uuid == nil || found.receivedUUID == uuid || found.uuid == uuid
        else {
            throw SnapshotError.notReceived(label)
        }
    }

    private func open(
        _ entry: BackupState.Entry, _ view: RepositoryView, announced bytes: Int,
        progress: @escaping @Sendable (UInt64) -> Void
    ) async throws -> OpenedStream {
        let artifact = try view.file(entry.localPath)
        try view.requireOwn(artifact)
        try view.requireOwn(view.machine.server.ageIdentity)
        let identities = try AgeKeyFiles(view.machine.server).read(owner: view.owner)
        let parent = entry.artifact.name.kind.parent
        let substitute = if let parent { try await snapshots.substitute(for: parent) } else { ParentSubstitute?.none }
        try await snapshots.makeRoom(over: parent, by: substitute)
        let space = StagingSpace(snapshots.staging, reserve: machine.reserve)
        do {
            let command = try receiving(snapshots.cage(announced: bytes))
            return try await space.watched {
                try await ArtifactOpener(identities).open(
                    artifact, entry, over: parent.map { snapshots.path(of: $0) }, into: .command(command),
                    substitute: substitute, progress: progress)
            }
        } catch {
            try? await snapshots.clear()
            throw ReceivingCage.named(error)
        }
    }

    /// From the catalogue, which is the account's file: its hash is the signed journal's.
    private func listing(of entry: BackupState.Entry, _ view: RepositoryView) -> SealedListing {
        {
            try await view.reading {
                guard let tree = entry.stream?.tree else { return nil }
                return try catalogue(of: entry, view)?.listing(of: tree)
            }
        }
    }

    /// What an increment was received on, where a catalogue has its listing.
    private func parent(of entry: BackupState.Entry, _ state: BackupState, _ view: RepositoryView) -> ReceivedParent? {
        guard let label = entry.artifact.name.kind.parent, let before = state.entries[label],
            let tree = before.stream?.tree
        else { return nil }
        return ReceivedParent(label, tree: tree) { text in
            try await view.reading {
                guard let catalogue = try catalogue(of: before, view) else { return false }
                try catalogue.copyListing(to: text)
                return true
            }
        }
    }

    private func catalogue(of entry: BackupState.Entry, _ view: RepositoryView) throws -> CatalogueFile? {
        guard let stored = entry.catalogue else { return nil }
        try view.requireOwn(try view.file(stored.localPath))
        try view.requireOwn(view.machine.server.ageIdentity)
        let identities = try AgeKeyFiles(view.machine.server).read(owner: view.owner)
        return entry.catalogueFile(view.machine.server.root, with: identities)
    }

    // MARK: One at a time

    /// The account's own lock is the account's to hold or not; among root's steps it is this one that counts.
    private func withLock<Value>(_ body: () async throws -> Value) async throws -> Value {
        try makeDirectories(snapshots.path, permissions: 0o700)
        let held = try await lock()
        let value = try await body()
        held.unlock()
        return value
    }

    private func lock() async throws -> FileLock {
        let deadline = ContinuousClock.now + .seconds(Self.lockPatience)
        while true {
            let directory = try OpenFile(snapshots.path, .readOnly, options: [.directory, .noFollow])
            if let lock = try FileLock.tryLock(on: directory) { return lock }
            guard ContinuousClock.now < deadline else { throw RestoreError.anotherIsRunning }
            try await Task.sleep(for: .milliseconds(200))
        }
    }
}

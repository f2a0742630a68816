import Backup
import Digest
import DurableFiles
import JournalFormat
import JournalStore
import Sealing
import SystemPackage
import TreeHash

/// Receives snapshots in the safe order: hash against the journal, receive in a staging directory, look at what came
/// out, make it durable, compare its tree's hash with the recorded one, give it its name, record it.
///
/// `btrfs receive` does not sync and can leave a writable part of a snapshot behind; whatever a crash leaves in the
/// staging directory is deleted by the next run.
struct SnapshotReceiver {
    private let configuration: Configuration

    init(_ configuration: Configuration) {
        self.configuration = configuration
    }

    private var staging: FilePath { configuration.server.received.sibling("receiving") }

    func path(of label: Label) -> FilePath { configuration.server.received.appending(label.description) }

    /// The first step of the plan that has to be received: everything up to the last one that is there can be left out.
    func firstMissing(_ plan: RestorePlan) async throws -> Int {
        for (index, step) in plan.steps.enumerated().reversed() {
            if try await isReceived(step) { return index + 1 }
        }
        return 0
    }

    func receive(_ plan: RestorePlan) async throws {
        try await clearStaging()
        let opener = ArtifactOpener(try AgeKeyFiles(configuration.server).read())
        for step in plan.steps[try await firstMissing(plan)...] {
            Terminal.say("receiving \(step.artifact.name), \(Terminal.bytes(step.artifact.bytes))")
            try await receive(step, opener)
        }
    }

    private func isReceived(_ entry: BackupState.Entry) async throws -> Bool {
        let path = path(of: entry.artifact.label)
        guard pathExists(path) else { return false }
        // An imported artifact's UUID is known from the restore that brought it here.
        let uuid = try entry.stream?.uuid ?? configuration.state().receivedUUIDs[entry.artifact.label]
        guard let subvolume = try await Btrfs.show(path), subvolume.isReadOnly, let uuid,
            subvolume.receivedUUID == uuid || subvolume.uuid == uuid
        else {
            throw Complaint(
                "\(path) is there, but is not \(entry.artifact.label) as it was recorded",
                hint: "move it away; nothing is overwritten", .refused)
        }
        return true
    }

    private func receive(_ entry: BackupState.Entry, _ opener: ArtifactOpener) async throws {
        let label = entry.artifact.label
        let artifact = configuration.server.root.appending(entry.localPath)
        let opened: OpenedStream
        do {
            opened = try await opener.open(
                artifact, entry, into: .command(["btrfs", "-q", "receive", "-C", staging.string]))
        } catch {
            try? await clearStaging()
            throw error
        }
        let staged = staging.appending(label.description)
        guard let subvolume = try await Btrfs.show(staged), subvolume.isReadOnly,
            let uuid = opened.stream?.subvolume.uuid.description, subvolume.receivedUUID == uuid
        else {
            try? await clearStaging()
            throw Complaint("btrfs receive did not finish \(label)", .failed)
        }
        try synchronizeFileSystem(holding: staging)
        try await compareTree(staged, entry)
        let target = path(of: label)
        // A read-only subvolume cannot be moved to another directory; a read-only snapshot of it keeps its identity.
        try await Btrfs.snapshot(staged, to: target, readOnly: true)
        try await Btrfs.delete(staged)
        try synchronizeFileSystem(holding: target)
        guard let received = try await Btrfs.show(target) else {
            throw Complaint("\(target) is not there after it was received", .failed)
        }
        var journal = try configuration.openJournal()
        _ = try configuration.record(
            .recordRestore(label, uuid: received.uuid, receivedUUID: uuid, path: target.string), in: &journal)
    }

    /// Whether what was received is what was sealed, where its tree was hashed then.
    private func compareTree(_ staged: FilePath, _ entry: BackupState.Entry) async throws {
        guard let expected = entry.stream?.tree else { return }
        let label = entry.artifact.label
        do {
            let found = try await TreeHash.of(staged).digest.hex
            guard found == expected else {
                throw Complaint(
                    "\(label) was received, but its tree is not the one that was sealed: "
                        + "its hash is \(found), not \(expected)",
                    hint: "what was received is deleted again; the artifact, or the copy of its parent, is damaged",
                    .damaged)
            }
        } catch {
            try? await clearStaging()
            throw error
        }
    }

    /// Deletes what an interrupted receive has left.
    private func clearStaging() async throws {
        try makeDirectories(staging, permissions: 0o700)
        for name in try namesInDirectory(staging) ?? [] {
            try await Btrfs.delete(staging.appending(name))
        }
    }
}

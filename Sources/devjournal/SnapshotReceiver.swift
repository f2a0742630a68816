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
        let first = try await firstMissing(plan)
        if first > 0 { try await recordUnrecorded(plan.steps[first - 1]) }
        let steps = plan.steps[first...]
        let report = ProgressReport("restoring \(plan.label)", total: steps.reduce(0) { $0 + $1.artifact.bytes })
        var done = 0
        for step in steps {
            Terminal.say("receiving \(step.artifact.name), \(Terminal.bytes(step.artifact.bytes))")
            let before = done
            try await receive(step, opener) { report.reached(before + Int($0)) }
            report.finish()
            done += step.artifact.bytes
        }
    }

    /// A crash may have come between the name, which only what was verified gets, and the event.
    private func recordUnrecorded(_ entry: BackupState.Entry) async throws {
        let label = entry.artifact.label
        let state = try configuration.state()
        guard let subvolume = try await Btrfs.show(path(of: label)), let receivedUUID = subvolume.receivedUUID,
            state.restoredUUIDs[label] != subvolume.uuid
        else { return }
        try record(label, subvolume.uuid, receivedUUID)
    }

    private func record(_ label: Label, _ uuid: String, _ receivedUUID: String) throws {
        var journal = try configuration.openJournal()
        _ = try configuration.record(
            .recordRestore(label, uuid: uuid, receivedUUID: receivedUUID, path: path(of: label).string), in: &journal)
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

    private func receive(
        _ entry: BackupState.Entry, _ opener: ArtifactOpener, progress: @escaping @Sendable (UInt64) -> Void
    ) async throws {
        let label = entry.artifact.label
        let artifact = configuration.server.root.appending(entry.localPath)
        let opened: OpenedStream
        do {
            opened = try await opener.open(
                artifact, entry, into: .command(["btrfs", "-q", "receive", "-C", staging.string]),
                progress: progress)
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
        guard try namesInDirectory(staging) == [label.description] else {
            try? await clearStaging()
            throw Complaint(
                "the stream of \(label) wrote beside its snapshot",
                hint: "no btrfs send does so: find out who made the artifact; what was received is deleted again",
                .damaged)
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
        try record(label, received.uuid, uuid)
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

    /// Deletes what an interrupted receive has left: a part of a snapshot, and whatever else a stream made beside it.
    private func clearStaging() async throws {
        var isClear = true
        for name in try namesInDirectory(staging) ?? [] {
            let path = staging.appending(name)
            if (try? path.stat(followTargetSymlink: false).type) == .directory, try await Btrfs.show(path) != nil {
                try await Btrfs.delete(path)
            } else {
                isClear = false
            }
        }
        // Names may be no text: the directory goes as a whole.
        if !isClear { try await Btrfs.remove(staging) }
        try makeDirectories(staging, permissions: 0o700)
    }
}

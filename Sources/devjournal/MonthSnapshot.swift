import Backup
import DurableFiles
import Glibc
import JournalFormat
import Sealing
import SystemPackage

/// The month's snapshot: taken of CODE and recorded, or found there, from a month before or from before a crash.
struct MonthSnapshot {
    private let label: Label
    private let configuration: Configuration

    private let outbox: Bool

    /// - Parameter outbox: whether it is recorded there, also where `LS_HOST` names no other machine.
    init(_ label: Label, _ configuration: Configuration, outbox: Bool = false) {
        self.label = label
        self.outbox = outbox
        self.configuration = configuration
    }

    func take(dryRun: Bool) async throws {
        guard isRoot else { throw Complaint("snapshots need root", hint: "sudo ws_dev_snapshot.sh", .failed) }
        try RootPlaces(configuration).requireWorkstation()
        let ledger = try WorkstationLedger.ofMonth(configuration, outbox: outbox)
        let state = try configuration.state()
        if state.entries[label] != nil, !pathExists(configuration.snapshots.appending(label.description)) {
            return Terminal.say("\(label) is on the server; its snapshot is not here, and the next month is a full one")
        }
        if dryRun, !pathExists(configuration.snapshots) {
            _ = try look(at: try CodeSubvolume(configuration.code), label, state, ledger)
            return tell()
        }
        let place = try OpenDirectory.makingRootsOwn(configuration.snapshots)
        let hint = configuration.hint(takingAgain: label)
        if let snapshot = try WorkstationSnapshot.open(label, in: place, hint: hint) {
            if try await isRecorded(snapshot, state, configuration) {
                return Terminal.say("\(label) is already taken: nothing to do")
            }
            if !dryRun { try record(snapshot, nil, ledger) }
            return
        }
        let code = try CodeSubvolume(configuration.code)
        try code.require(try CodeIdentity.remembered(configuration), of: configuration.code, in: place)
        let findings = try look(at: code, label, state, ledger)
        if dryRun { return tell() }
        try take(label.description, of: code, in: place, configuration)
        guard let snapshot = try WorkstationSnapshot.open(label, in: place, hint: hint) else {
            throw Complaint("\(place.path.appending(label.description)) is not there after it was taken", .failed)
        }
        try record(snapshot, findings, ledger)
    }

    private func record(
        _ snapshot: borrowing WorkstationSnapshot, _ findings: JSONObject?, _ ledger: WorkstationLedger
    ) throws {
        var details = try data(of: snapshot, findings, configuration)
        details["label"] = .string(label.description)
        details["host"] = .string(hostName())
        let taken = BackupEvent.Snapshot(label: label, uuid: snapshot.streamUUID, path: snapshot.path.string)
        try ledger.record(.recordSnapshot(taken, details: details), author: try ledger.author())
        Terminal.say("\(label) taken: \(snapshot.path)")
    }

    private func hostName() -> String {
        var name = [CChar](repeating: 0, count: 256)
        guard unsafe gethostname(&name, name.count - 1) == 0 else { return "?" }
        return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private func tell() {
        Terminal.say("would take \(configuration.snapshots.appending(label.description)) of \(configuration.code)")
    }

    /// Whether what stands under the label's name is recorded as the label's; complains where it may not be.
    private func isRecorded(
        _ snapshot: borrowing WorkstationSnapshot, _ state: BackupState, _ configuration: Configuration
    ) async throws -> Bool {
        let (label, uuid) = (snapshot.label, snapshot.streamUUID)
        let isRecorded = state.isSnapshot(label, uuid)
        // What is on the server already needs it no more, but as a parent, which is looked at then.
        if isRecorded, state.entries[label] != nil { return true }
        let hint = configuration.hint(takingAgain: label)
        if !isRecorded {
            // A month that is on the server has its snapshot.
            let taken = BackupEvent.Snapshot(label: label, uuid: uuid, path: snapshot.path.string)
            _ = try decide(
                .recordSnapshot(taken, details: [:]), state, thisMonth: Clock.thisMonth(configuration.dataset))
            let sources = try CodeIdentity.uuids(configuration)
            guard snapshot.subvolume.receivedUUID == nil,
                let parent = snapshot.subvolume.parentUUID.flatMap({ SubvolumeUUID($0) }),
                sources.contains(parent.description)
            else {
                throw Complaint("\(snapshot.path) is not a snapshot of \(configuration.code)", hint: hint, .refused)
            }
        }
        try await snapshot.requireUnchanged(state, hint: hint)
        return isRecorded
    }

    private func look(
        at code: borrowing CodeSubvolume, _ label: Label, _ state: BackupState, _ ledger: WorkstationLedger
    ) throws -> JSONObject {
        try requireNotFuture(label, Clock.thisMonth(configuration.dataset))
        try checkPolicy(ArtifactName(label, state.policy.next(label).kind), state)
        // A snapshot that cannot be recorded would stand in the way of the one that can.
        try ledger.requireReady()
        return try SourceExamination(
            code.directory.pathOfDescriptor, named: configuration.code, allowing: configuration.allowedNested
        ).data
    }

    private func take(
        _ name: String, of code: borrowing CodeSubvolume, in place: borrowing OpenDirectory,
        _ configuration: Configuration
    ) throws {
        try place.setPermissions(0o700)
        try code.directory.synchronizeFileSystem()
        try place.readOnlySnapshot(of: code.directory, as: name)
        try place.synchronizeFileSystem()
        try CodeIdentity(uuid: code.uuid, owner: code.owner).remember(configuration)
    }

    /// After a crash the snapshot itself shows what its source was like, and which subvolume that was.
    private func data(
        of snapshot: borrowing WorkstationSnapshot, _ findings: JSONObject?, _ configuration: Configuration
    ) throws -> JSONObject {
        let allowed = configuration.allowedNested
        var data =
            try findings
            ?? SourceExamination(snapshot.directory.pathOfDescriptor, named: snapshot.path, allowing: allowed).data
        data["uuid"] = .string(snapshot.streamUUID)
        data["path"] = .string(snapshot.path.string)
        let source = snapshot.subvolume.parentUUID.flatMap { SubvolumeUUID($0) }
        data["source_uuid"] = source.map { .string($0.description) }
        data["generation"] = .integer(Int(snapshot.subvolume.generation))
        return data
    }
}

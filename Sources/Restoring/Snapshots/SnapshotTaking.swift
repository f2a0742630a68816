import Artifacts
package import Backup
import DurableFiles
package import JournalFormat
package import Machines
import Sealing
package import SystemPackage

/// Takes the month's read-only snapshot of CODE, or finds the one that an interrupted run has taken.
package struct SnapshotTaking {
    package enum Outcome: Equatable {
        /// The label is on the server, and its snapshot is no longer here.
        case onServer(Label)
        /// It is there and recorded.
        case recorded
        /// It is there, and this is to be recorded of it: the data of `snapshot.taken`.
        case taken(JSONObject)
        case wouldTake(FilePath)
    }

    private let machine: Machine
    private let usesOutbox: Bool

    /// - Parameter usesOutbox: whether it is recorded through the outbox: the journal is on another machine.
    package init(_ machine: Machine, usesOutbox: Bool) {
        self.machine = machine
        self.usesOutbox = usesOutbox
    }

    /// - Parameters:
    ///   - text: `2026-01` or `dev@2026-01`.
    ///   - isDry: whether everything is looked at and nothing taken.
    package func run(_ text: String, isDry: Bool) async throws -> Outcome {
        let dataset = machine.dataset
        guard let label = Label(text) ?? Label(dataset: dataset, month: text), label.dataset == dataset else {
            throw MonthSnapshotError.notALabel(text, dataset: dataset)
        }
        try RootPlaces(machine).requireWorkstation()
        let state = try machine.state()
        let path = machine.snapshots.appending(label.description)
        if state.entries[label] != nil, !pathExists(path) { return .onServer(label) }
        if isDry, !pathExists(machine.snapshots) {
            let code = try CodeSubvolume(machine.code)
            try requireDue(label, state)
            _ = try examine(code.directory.pathOfDescriptor, machine.code)
            return .wouldTake(path)
        }
        let place = try OpenDirectory.makingRootsOwn(machine.snapshots)
        let hint = machine.hint(takingAgain: label)
        if let snapshot = try WorkstationSnapshot.open(label, in: place, hint: hint) {
            let isRecorded = try await isRecorded(snapshot, state)
            return isDry || isRecorded ? .recorded : .taken(try data(of: snapshot, nil))
        }
        let code = try CodeSubvolume(machine.code)
        try code.require(try CodeIdentity.remembered(machine), of: machine.code, in: place)
        try code.directory.synchronizeFileSystem()
        let found = try look(at: code, label, state, in: place)
        if isDry { return .wouldTake(path) }
        try take(label.description, of: code, in: place)
        guard let snapshot = try WorkstationSnapshot.open(label, in: place, hint: hint) else {
            throw MonthSnapshotError.goneAfterTaking(place.path.appending(label.description))
        }
        if let bytes = found.apparentBytes {
            try ExaminedSnapshot(label: label, uuid: snapshot.subvolume.uuid, apparentBytes: bytes).remember(machine)
        }
        return .taken(try data(of: snapshot, found.data))
    }

    /// Whether what stands under the label's name is recorded as the label's; complains where it may not be.
    private func isRecorded(_ snapshot: borrowing WorkstationSnapshot, _ state: BackupState) async throws -> Bool {
        let (label, uuid) = (snapshot.label, snapshot.streamUUID)
        let isRecorded = state.isSnapshot(label, uuid)
        // What is on the server already needs it no more, but as a parent, which is looked at then.
        if isRecorded, state.entries[label] != nil { return true }
        let hint = machine.hint(takingAgain: label)
        if !isRecorded {
            // A month that is on the server has its snapshot.
            let taken = Snapshot(label: label, uuid: uuid, path: snapshot.path.string)
            _ = try decide(.recordSnapshot(taken, details: [:]), state, thisMonth: machine.thisMonth())
            let sources = try CodeIdentity.uuids(machine)
            guard snapshot.subvolume.receivedUUID == nil,
                let parent = snapshot.subvolume.parentUUID.flatMap({ SubvolumeUUID($0) }),
                sources.contains(parent.description)
            else {
                throw MonthSnapshotError.notOfCode(snapshot.path, code: machine.code, hint: hint)
            }
        }
        try await snapshot.requireUnchanged(state, hint: hint)
        return isRecorded
    }

    private func look(
        at code: borrowing CodeSubvolume, _ label: Label, _ state: BackupState, in place: borrowing OpenDirectory
    ) throws -> SourceExamination {
        try requireDue(label, state)
        let top = code.directory.pathOfDescriptor
        if let known = ExaminedSnapshot.remembered(machine),
            let snapshot = try? place.directory(known.label.description), try snapshot.subvolume()?.uuid == known.uuid,
            let found = try SourceExamination(
                top, named: machine.code, since: snapshot.pathOfDescriptor, apparentBytes: known.apparentBytes)
        {
            return found
        }
        return try examine(top, machine.code)
    }

    private func requireDue(_ label: Label, _ state: BackupState) throws {
        try requireNotFuture(label, machine.thisMonth())
        try checkPolicy(ArtifactName(label, state.policy.next(label).kind), state)
        // A snapshot that cannot be recorded would stand in the way of the one that can.
        try (usesOutbox ? WorkstationLedger.outbox(Workstation(machine)) : .journal(machine)).requireReady()
    }

    /// What a snapshot would lose, or has lost: refused, or allowed and warned of, which is returned.
    private func examine(_ top: FilePath, _ name: FilePath) throws -> SourceExamination {
        try SourceExamination(top, named: name, allowing: machine.allowedNested, machine.reporter)
    }

    private func take(_ name: String, of code: borrowing CodeSubvolume, in place: borrowing OpenDirectory) throws {
        try place.setPermissions(0o700)
        try place.readOnlySnapshot(of: code.directory, as: name)
        try place.synchronizeFileSystem()
        try CodeIdentity(uuid: code.uuid, owner: code.owner).remember(machine)
    }

    /// After a crash the snapshot itself shows what its source was like, and which subvolume that was.
    private func data(of snapshot: borrowing WorkstationSnapshot, _ findings: JSONObject?) throws -> JSONObject {
        var data = try findings ?? examine(snapshot.directory.pathOfDescriptor, snapshot.path).data
        data["uuid"] = .string(snapshot.streamUUID)
        data["path"] = .string(snapshot.path.string)
        let source = snapshot.subvolume.parentUUID.flatMap { SubvolumeUUID($0) }
        data["source_uuid"] = source.map { .string($0.description) }
        data["generation"] = .integer(Int(snapshot.subvolume.generation))
        return data
    }
}

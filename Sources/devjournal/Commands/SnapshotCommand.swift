import ArgumentParser
import Backup
import DurableFiles
import JournalFormat
import Machines
import Restoring
import Sealing
import SystemPackage

struct SnapshotCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "snapshot", abstract: "On the workstation: take the month's read-only snapshot of the code.",
        discussion: """
            CODE lies in its user's home: it is opened without following a link, must be the subvolume that the month \
            before was taken of, or a copy that a restore made of one of the snapshots, and the snapshot is taken of what \
            was opened. SNAPSHOTS must be root's, every directory above it included. What check-source refuses is \
            refused before, and so is what could not be recorded: without the workstation's key, or by a clock that \
            nobody vouches for. Prints the data of snapshot.taken as a JSON object, for devjournal append; nothing where \
            the label's snapshot is there and recorded, also as one that was received from the server.

            What stands under the label's name and is not recorded is the month's only where it is a read-only snapshot \
            of CODE to which nothing was written.

            Exit status: 0 taken, or there already · 2 failed: no root, CODE is no subvolume · 6 refused: another \
            subvolume or owner than before, something else under the label's name, a link in CODE's path, a place that \
            others may write, what check-source finds, the clock, a month in the future or before the last · 7 no key, \
            no pinned journal · 64 usage
            """)

    @OptionGroup var options: ConfigurationOption
    @Argument(help: "2026-01 or dev@2026-01.")
    var label: String
    @Flag(help: "It is recorded through the workstation's outbox: the journal is on another machine.")
    var outbox = false
    @Flag(help: "Look at everything, and take none.")
    var dryRun = false

    func run() async throws {
        let machine = try options.read()
        guard isRoot else { throw Complaint("snapshots need root", hint: "sudo ws_dev_snapshot.sh", .failed) }
        guard let label = Label(label) ?? Label(dataset: machine.dataset, month: label),
            label.dataset == machine.dataset
        else {
            throw Complaint(
                "\(label) is no label", hint: "a label is 2026-01 or \(machine.dataset)@2026-01", .usage)
        }
        try RootPlaces(machine).requireWorkstation()
        let state = try machine.state()
        if state.entries[label] != nil, !pathExists(machine.snapshots.appending(label.description)) {
            return Terminal.say("\(label) is on the server; its snapshot is not here, and the next month is a full one")
        }
        if dryRun, !pathExists(machine.snapshots) {
            _ = try look(at: try CodeSubvolume(machine.code), label, state, machine)
            return tell(label, machine)
        }
        let place = try OpenDirectory.makingRootsOwn(machine.snapshots)
        let hint = machine.hint(takingAgain: label)
        if let snapshot = try WorkstationSnapshot.open(label, in: place, hint: hint) {
            if try await isRecorded(snapshot, state, machine) { return }
            if !dryRun { Terminal.json(try data(of: snapshot, nil, machine)) }
            return
        }
        let code = try CodeSubvolume(machine.code)
        try code.require(try CodeIdentity.remembered(machine), of: machine.code, in: place)
        let findings = try look(at: code, label, state, machine)
        if dryRun { return tell(label, machine) }
        try take(label.description, of: code, in: place, machine)
        guard let snapshot = try WorkstationSnapshot.open(label, in: place, hint: hint) else {
            throw Complaint("\(place.path.appending(label.description)) is not there after it was taken", .failed)
        }
        Terminal.json(try data(of: snapshot, findings, machine))
    }

    private func tell(_ label: Label, _ machine: Machine) {
        Terminal.say("would take \(machine.snapshots.appending(label.description)) of \(machine.code)")
    }

    /// Whether what stands under the label's name is recorded as the label's; complains where it may not be.
    private func isRecorded(
        _ snapshot: borrowing WorkstationSnapshot, _ state: BackupState, _ machine: Machine
    ) async throws -> Bool {
        let (label, uuid) = (snapshot.label, snapshot.streamUUID)
        let isRecorded = state.isSnapshot(label, uuid)
        // What is on the server already needs it no more, but as a parent, which is looked at then.
        if isRecorded, state.entries[label] != nil { return true }
        let hint = machine.hint(takingAgain: label)
        if !isRecorded {
            // A month that is on the server has its snapshot.
            let taken = Snapshot(label: label, uuid: uuid, path: snapshot.path.string)
            _ = try decide(
                .recordSnapshot(taken, details: [:]), state, thisMonth: machine.thisMonth())
            let sources = try CodeIdentity.uuids(machine)
            guard snapshot.subvolume.receivedUUID == nil,
                let parent = snapshot.subvolume.parentUUID.flatMap({ SubvolumeUUID($0) }),
                sources.contains(parent.description)
            else {
                throw Complaint("\(snapshot.path) is not a snapshot of \(machine.code)", hint: hint, .refused)
            }
        }
        try await snapshot.requireUnchanged(state, hint: hint)
        return isRecorded
    }

    private func look(
        at code: borrowing CodeSubvolume, _ label: Label, _ state: BackupState, _ machine: Machine
    ) throws -> JSONObject {
        try requireNotFuture(label, machine.thisMonth())
        try checkPolicy(ArtifactName(label, state.policy.next(label).kind), state)
        // A snapshot that cannot be recorded would stand in the way of the one that can.
        try (outbox ? WorkstationLedger.outbox(Workstation(machine)) : .journal(machine)).requireReady()
        return try SourceExamination(
            code.directory.pathOfDescriptor, named: machine.code, allowing: machine.allowedNested
        ).data
    }

    private func take(
        _ name: String, of code: borrowing CodeSubvolume, in place: borrowing OpenDirectory,
        _ machine: Machine
    ) throws {
        try place.setPermissions(0o700)
        try code.directory.synchronizeFileSystem()
        try place.readOnlySnapshot(of: code.directory, as: name)
        try place.synchronizeFileSystem()
        try CodeIdentity(uuid: code.uuid, owner: code.owner).remember(machine)
    }

    /// After a crash the snapshot itself shows what its source was like, and which subvolume that was.
    private func data(
        of snapshot: borrowing WorkstationSnapshot, _ findings: JSONObject?, _ machine: Machine
    ) throws -> JSONObject {
        let allowed = machine.allowedNested
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

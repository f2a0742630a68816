import ArgumentParser
import Backup
import DurableFiles
import JournalFormat
import Sealing
import SystemPackage

struct SnapshotCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "snapshot", abstract: "On the workstation: take the month's read-only snapshot of the code.",
        discussion: """
            CODE lies in its user's home: it is opened without following a link, must be the subvolume that the month \
            before was taken of, or a copy that a restore made of one of the snapshots, and the snapshot is taken of what \
            was opened. SNAPSHOTS must be root's, every directory above it included. What check-source refuses is \
            refused before. Prints the data of snapshot.taken as a JSON object, for devjournal append; also where the \
            snapshot is there already, which changes nothing.

            Exit status: 0 taken, or there already · 2 failed: no root, CODE is no subvolume · 6 refused: another \
            subvolume or owner than before, a link in CODE's path, a place that others may write, what check-source \
            finds, a month in the future or before the last · 64 usage
            """)

    @OptionGroup var options: ConfigurationOption
    @Argument(help: "2026-01 or dev@2026-01.")
    var label: String
    @Flag(help: "Look at everything, and take none.")
    var dryRun = false

    func run() throws {
        let configuration = try options.read()
        guard isRoot else { throw Complaint("snapshots need root", hint: "sudo ws_dev_snapshot.sh", .failed) }
        guard let label = Label(label) ?? Label(dataset: configuration.dataset, month: label),
            label.dataset == configuration.dataset
        else {
            throw Complaint(
                "\(label) is no label", hint: "a label is 2026-01 or \(configuration.dataset)@2026-01", .usage)
        }
        try RootPlaces(configuration).requireWorkstation()
        if dryRun, !pathExists(configuration.snapshots) {
            _ = try look(at: try CodeSubvolume(configuration.code), label, configuration)
            return tell(label, configuration)
        }
        let place = try OpenDirectory.makingRootsOwn(configuration.snapshots)
        let name = label.description
        var findings: JSONObject?
        if try place.kind(of: name) == nil {
            let code = try CodeSubvolume(configuration.code)
            try code.require(try CodeIdentity.remembered(configuration), of: configuration.code, in: place)
            findings = try look(at: code, label, configuration)
            if dryRun { return tell(label, configuration) }
            try take(name, of: code, in: place, configuration)
        }
        if !dryRun { Terminal.json(try data(of: name, in: place, findings, configuration)) }
    }

    private func tell(_ label: Label, _ configuration: Configuration) {
        Terminal.say("would take \(configuration.snapshots.appending(label.description)) of \(configuration.code)")
    }

    private func look(
        at code: borrowing CodeSubvolume, _ label: Label, _ configuration: Configuration
    ) throws -> JSONObject {
        let state = try configuration.state()
        try requireNotFuture(label, Clock.thisMonth(configuration.dataset))
        try checkPolicy(ArtifactName(label, state.policy.next(label).kind), state)
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
        of name: String, in place: borrowing OpenDirectory, _ findings: JSONObject?, _ configuration: Configuration
    ) throws -> JSONObject {
        let path = configuration.snapshots.appending(name)
        let directory = try place.directory(name)
        guard let found = try directory.subvolume(), let uuid = SubvolumeUUID(found.uuid),
            let source = (found.parentUUID ?? found.receivedUUID).flatMap({ SubvolumeUUID($0) })
        else {
            throw Complaint(
                "\(path) is there, but is no snapshot", hint: "move it away; nothing is overwritten", .refused)
        }
        var data =
            try findings
            ?? SourceExamination(directory.pathOfDescriptor, named: path, allowing: configuration.allowedNested).data
        data["uuid"] = .string(uuid.description)
        data["path"] = .string(path.string)
        data["source_uuid"] = .string(source.description)
        data["generation"] = .integer(Int(found.generation))
        return data
    }
}

import ArgumentParser
import Backup
import Digest
import DurableFiles
import JournalFormat
import JournalStore
import Sealing
import SystemPackage

struct RegisterCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "register",
        abstract: "Take an artifact into the repository: hash against the sealed event, policy, place, record.",
        discussion: """
            The file is moved where it can be, copied otherwise; a copy that would eat the reserve of the server's disk \
            (RESERVE_BYTES) is not begun. Registering the same again changes nothing.

            Exit status: 0 registered, or there already · 1 not what was sealed · 2 failed: the disk, too little space · \
            6 refused: policy, other content · 7 no such file · 64 usage
            """)

    @OptionGroup var options: ConfigurationOption
    @OptionGroup var output: JSONOption
    @Argument(help: "The artifact, under the name that the specification gives it.")
    var file: String

    func run() throws {
        let configuration = try options.load()
        let source = FilePath(file)
        guard let name = source.lastComponent.flatMap({ ArtifactName($0.string) }),
            name.label.dataset == configuration.dataset
        else {
            throw Complaint(
                "\(file) has no artifact's name", hint: "such as \(configuration.dataset)@2026-01.full.send.zst.age",
                .usage)
        }
        var journal = try configuration.openJournal()
        let target = configuration.server.root.appending(name.localPath)
        // After a crash between placing and recording the file is there already.
        let found = pathExists(source) ? source : target
        let (bytes, sha256) = try ArtifactFile.hash(found)
        let state = try journal.replay.readableState()
        if state.entries[name.label] == nil, let sealed = state.sealed[name.label], sealed.artifact.name == name,
            sealed.artifact.sha256 != sha256.hex
        {
            throw Complaint(
                "\(found) is not what was sealed: its hash is \(sha256), not \(sealed.artifact.sha256)",
                hint: "the file was changed or damaged on its way; hand over the sealed one again", .damaged)
        }
        let command = Command.register(name, bytes: bytes, sha256: sha256.hex)
        // Refused before anything is moved.
        let events = try decide(command, state, thisMonth: Clock.thisMonth(configuration.dataset))
        if !pathExists(target) {
            try SpaceCheck.server(configuration)
                .requireMoving("registering \(name)", [(found, target.removingLastComponent())])
        }
        try ArtifactFile.place(found, at: target, sha256: sha256)
        if events.isEmpty {
            Terminal.say("\(name) is registered already; nothing changed")
        } else {
            _ = try configuration.record(command, in: &journal)
        }
        guard let entry = try journal.replay.readableState().entries[name.label] else { return }
        if output.json { Terminal.json(entry.json) } else { Terminal.data(target.string) }
    }
}

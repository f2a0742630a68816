import ArgumentParser
import Artifacts
import DurableFiles
import Machines
import Restoring
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
        guard isRoot else { throw RestoreError.needsRoot("snapshots need root", hint: "sudo ws_dev_snapshot.sh") }
        let taking = SnapshotTaking(machine, usesOutbox: outbox) { top, name in
            try SourceExamination(top, named: name, allowing: machine.allowedNested, machine.reporter).data
        }
        switch try await taking.run(label, isDry: dryRun) {
        case .onServer(let label):
            Terminal.say("\(label) is on the server; its snapshot is not here, and the next month is a full one")
        case .recorded: break
        case .taken(let data): Terminal.json(data)
        case .wouldTake(let path): Terminal.say("would take \(path) of \(machine.code)")
        }
    }
}

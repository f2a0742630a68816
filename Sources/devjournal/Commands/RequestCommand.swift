import ArgumentParser
import Backup
import DurableFiles
import Glibc
import JournalFormat
import Machines
import Restoring
import SystemPackage

struct RequestCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "request", abstract: "On the workstation: get a label back from the server.",
        discussion: """
            COMMAND is run with `LABEL`, or `LABEL AFTER` where a snapshot of the chain is here already, and answers \
            with the send streams that are missing, the hashes of its frames before each:

              devjournal request latest -- ssh ls restore

            The replica says what each snapshot must be: its UUID, its length, the hash of its tree, and the hashes of \
            its stream's frames, of which none reaches btrfs receive before it was compared. That counts where this \
            workstation's own key has signed it, or one that it trusts (devjournal replica trust); what nobody such \
            has signed is refused, but for --trust-server, which snapshot.restored then says. They are received under \
            SNAPSHOTS, and the next month's increment starts from there. Then a working copy is made of the last one: \
            as CODE where that is missing or empty, else next to it as CODE.restored-YYYY-MM; --replace puts it in \
            CODE's place and keeps the tree that was there under a dated name. Where CODE is a mount point nothing can \
            take its place: the tree is made next to it. Prints where the working copy is.

            Exit status: 0 done · 1 what came is not what was sealed · 2 failed: COMMAND, btrfs receive, the disk; run \
            it again · 6 refused; SNAPSHOTS or WS_STATE is a place that others than root may write, a link in CODE's \
            path, or --replace of a mount point · 7 no such label, no pinned journal · 12 another ssh host key answers \
            than the one that was paired · 64 usage
            """)

    @OptionGroup var options: ConfigurationOption
    @Argument(help: "latest, 2026-01 or dev@2026-01.")
    var label = "latest"
    @Flag(help: "Put it in the place of a working copy that is there; that is kept under a dated name.")
    var replace = false
    @Flag(help: "Take the server's word for what no trusted workstation has signed.")
    var trustServer = false
    @Flag(help: "Try it where it is not expected to fit on the disk.")
    var ignoreSpace = false
    @Flag(help: "Say what would be sent, and change nothing.")
    var dryRun = false
    @Argument(parsing: .postTerminator, help: "What reaches the server.")
    var command: [String] = []

    func validate() throws {
        if command.isEmpty { throw ValidationError("what reaches the server is missing: request LABEL -- COMMAND") }
    }

    func run() async throws {
        let machine = try options.read()
        guard geteuid() == 0 else { throw Complaint("btrfs receive needs root", hint: "sudo LS_request.sh", .failed) }
        try RootPlaces(machine).requireWorkstation()
        let restore = try WorkstationRestore(
            machine, trustsServer: trustServer, ignoresSpace: ignoreSpace)
        let lock = try FileLock.ofWork(machine.workstationState.appending("request.lock"), "another restore")
        let missing = try await restore.missing(label)
        let place = try restore.place(for: missing.plan.label, replace: replace)
        if dryRun {
            if let after = missing.after { Terminal.say("\(after) is here already and is reused") }
            for step in try missing.steps {
                Terminal.data("\(step.artifact.name)\t\(step.artifact.bytes)\t\(step.stream?.bytes ?? 0)")
            }
            return
        }
        try await restore.receive(missing, command)
        try await restore.makeWorkingCopy(of: missing.plan.label, at: place)
        lock.unlock()
        Terminal.exact(place.string)
    }
}

import ArgumentParser
import Backup
import DurableFiles
import Machines
import Restoring
import SystemPackage

struct RequestCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "request", abstract: "On the workstation: get a label back from the server.",
        discussion: """
            COMMAND is run with `LABEL`, or with `LABEL AFTER` if a snapshot of the chain is here already. It answers \
            with the send streams that are missing, each after the hashes of its frames:

              devjournal request latest -- ssh ls restore

            The replica says what each snapshot must be: its UUID, its length, the hash of its tree, and the hashes \
            of its stream's frames, each of which is compared before it reaches btrfs receive. That counts if this \
            workstation's own key has signed it, or one that it trusts (devjournal replica trust). Anything else is \
            refused, except with --trust-server, which snapshot.restored then records. The snapshots are received \
            under SNAPSHOTS, and the next month's increment starts from there. Then a working copy is made of the \
            last one: as CODE if that is missing or empty, otherwise next to it as CODE.restored-YYYY-MM. --replace \
            puts it in CODE's place and keeps the former tree under a dated name. If CODE is a mount point nothing \
            can replace it, and the tree is made next to it. Prints where the working copy is.

            Exit status: 0 done · 1 what came is not what was sealed · 2 failed: COMMAND, btrfs receive, the disk; \
            run it again · 6 refused; SNAPSHOTS or WS_STATE is a place that others than root may write, a link in \
            CODE's path, or --replace of a mount point · 7 no such label, no pinned journal · 12 another ssh host key \
            answers than the one that was paired · 64 usage
            """)

    @OptionGroup var options: ConfigurationOption
    @Argument(help: "latest, 2026-01 or dev@2026-01.")
    var label = "latest"
    @Flag(help: "Replace the working copy; the former one is kept under a dated name.")
    var replace = false
    @Flag(help: "Accept from the server what no trusted workstation has signed.")
    var trustServer = false
    @Flag(help: "Try it even if it is not expected to fit on the disk.")
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
        guard isRoot else {
            throw RestoreError.needsRoot("btrfs receive needs root", hint: "sudo LS_request.sh")
        }
        try RootPlaces(machine).requireWorkstation()
        let restore = try WorkstationRestore(
            machine, .init(replaces: replace, trustsServer: trustServer, ignoresSpace: ignoreSpace))
        let lock = try restore.lock()
        let plan = try await restore.plan(label)
        if dryRun { return try show(plan) }
        try await restore.carryOut(plan, by: command)
        lock.unlock()
        Terminal.exact(plan.place.string)
    }

    private func show(_ plan: WorkstationRestore.Plan) throws {
        if let after = plan.after { Terminal.say("\(after) is here already and is reused") }
        for step in try plan.steps {
            Terminal.data("\(step.artifact.name)\t\(step.artifact.bytes)\t\(step.stream?.bytes ?? 0)")
        }
    }
}

import ArgumentParser
import Backup
import DurableFiles
import JournalFormat
import JournalStore
import Machines
import Restoring
import SystemPackage

struct RestoreCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Receive a label's chain on this server and derive the working copy from it.",
        discussion: """
            What was received before is kept and reused, if it is still what was sealed. The working copy that is \
            replaced, edits included, is kept next to the new one under a dated name. It gets no set-user-ID or \
            set-group-ID bits of files, no file capabilities and no device nodes, unless WORKTREE_SPECIAL=keep is set. \
            Prints the path of the received snapshot. --dry-run changes nothing: it prints the plan, its bytes, and \
            the commands of stock tools that do the same (as root, and without a trace in the journal). --receive-only \
            leaves the working copy as it is: use it to look at an older label, while CODE stays at the newest.

            It is not begun where it is not expected to fit. --ignore-space tries it all the same: what is free is \
            looked at while it runs, and it ends before the reserve is touched.

            Exit status: 0 restored · 1 an artifact, or the tree that came of it, is not what the journal says, or is \
            too large to be honest · 2 failed: btrfs receive, the disk, too little space above its reserve \
            (RESERVE_BYTES) · 6 something else stands in its place, CODE is a mount point, or a link is in its path · \
            7 no such label, an artifact or CODE's directory is missing · 8 the key does not open it · 64 usage
            """)

    @OptionGroup var options: ConfigurationOption
    @OptionGroup var output: JSONOption
    @Argument(help: "latest, 2026-01 or dev@2026-01.")
    var label = "latest"
    @Flag(help: "Print the plan and the equivalent stock commands, and change nothing.")
    var dryRun = false
    @Flag(help: "Receive, and leave the working copy as it is.")
    var receiveOnly = false
    @Flag(help: "Try it even where it is not expected to fit and leave the reserve free.")
    var ignoreSpace = false

    func run() async throws {
        let machine = try options.load()
        try machine.requireServer()
        let state = try machine.state()
        let plan = try RestorePlan(try machine.label(label, in: state), state)
        if dryRun {
            let start = try await SnapshotReceiver(machine, machine.rootSteps()).firstMissing(plan)
            return describe(
                plan, from: start, machine, updatesWorktree: machine.updatesWorktree && !receiveOnly)
        }
        let restore = ServerRestore(machine, machine.rootSteps(), ignoresSpace: ignoreSpace, receivesOnly: receiveOnly)
        let received = try await restore.run(plan)
        if output.json {
            Terminal.json(["label": .string(plan.label.description), "path": .string(received.string)])
        } else {
            Terminal.exact(received.string)
        }
    }

    /// The plan for a person on standard error, the equivalent commands, ready for a shell, on standard output.
    private func describe(
        _ plan: RestorePlan, from start: Int, _ machine: Machine, updatesWorktree: Bool
    ) {
        let commands = StockRestore(machine).commands(plan, from: start, updatesWorktree: updatesWorktree)
        let steps = plan.steps[start...]
        let bytes = steps.reduce(0) { $0 + $1.artifact.bytes }
        let reused = start > 0 ? plan.steps[start - 1].artifact.label : nil
        let kept = updatesWorktree && pathExists(machine.code)
        if output.json {
            return Terminal.json([
                "label": .string(plan.label.description), "bytes": .integer(bytes),
                "reused": reused.map { .string($0.description) } ?? .null,
                "steps": .array(steps.map { .object(machine.server.json($0)) }),
                "working_copy": updatesWorktree ? .string(machine.code.string) : .null,
                "commands": .array(commands.map { .string($0) }),
            ])
        }
        if let reused { Terminal.say("\(reused) is there already and is reused") }
        Terminal.say("\(Plain.counted(steps.count, "artifact")) to receive, \(Terminal.bytes(bytes))")
        for step in steps {
            let path = machine.server.root.appending(step.localPath)
            let missing = pathExists(path) ? "" : ", which is missing: devjournal fetch"
            Terminal.say("\(step.artifact.name), \(Terminal.bytes(step.artifact.bytes))\(missing)")
        }
        if kept { Terminal.say("\(machine.code) would be kept under a dated name") }
        for command in commands { Terminal.exact(command) }
    }
}

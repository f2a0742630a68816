import ArgumentParser
import Artifacts
import Backup
import JournalFormat
import Machines
import Restoring
import SystemPackage

struct RestoreCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Receive a label's chain on this server and derive the working copy from it.",
        discussion: """
            A snapshot that was received before is reused if it is still what was sealed. The working copy that is \
            replaced is kept, with its edits, next to the new one under a dated name. The new one has no set-user-ID \
            or set-group-ID bits of files, no file capabilities and no device nodes, unless WORKTREE_SPECIAL=keep is \
            set. Prints the path of the received snapshot. --dry-run changes nothing: it prints the plan, its bytes, \
            and the commands of stock tools that do the same (as root, and without a trace in the journal). \
            --receive-only leaves the working copy as it is: use it to look at an older label, while CODE stays at \
            the newest.

            restore does not begin if it expects that the snapshots will not fit. --ignore-space tries anyway: it \
            checks the free space while it runs, and ends before it touches the reserve.

            Exit status: 0 restored · 1 an artifact, or the tree that came of it, is not what the journal says, or is \
            too large to be honest · 2 failed: btrfs receive, the disk, too little space above its reserve \
            (RESERVE_BYTES) · 6 something else has its name, CODE is a mount point, or a link is in its path · 7 no \
            such label, an artifact or CODE's directory is missing · 8 the key does not open it · 64 usage
            """)

    @OptionGroup var options: ConfigurationOption
    @OptionGroup var output: JSONOption
    @Argument(help: "latest, 2026-01 or dev@2026-01.")
    var label = "latest"
    @Flag(help: "Print the plan and the equivalent stock commands, and change nothing.")
    var dryRun = false
    @Flag(help: "Receive, and leave the working copy as it is.")
    var receiveOnly = false
    @Flag(help: "Try it even if it is not expected to fit; the reserve stays free.")
    var ignoreSpace = false

    func run() async throws {
        let machine = try options.load()
        try machine.requireServer()
        let state = try machine.state()
        let plan = try RestorePlan(try machine.label(label, in: state), state)
        let restore = ServerRestore(
            machine, machine.rootSteps(), ignoresSpace: ignoreSpace, receivesOnly: receiveOnly)
        if dryRun { return show(try await restore.preview(plan)) }
        let received = try await restore.run(plan)
        if output.json {
            Terminal.json(["label": .string(plan.label.description), "path": .string(received.string)])
        } else {
            Terminal.exact(received.string)
        }
    }

    /// The plan for a person on standard error, the equivalent commands, ready for a shell, on standard output.
    private func show(_ preview: RestorePreview) {
        if output.json { return Terminal.json(preview.json) }
        if let reused = preview.reused { Terminal.say("\(reused) is there already and is reused") }
        Terminal.say("\(Plain.counted(preview.steps.count, "artifact")) to receive, \(Plain.bytes(preview.bytes))")
        for step in preview.steps {
            let missing = preview.isHere(step) ? "" : ", which is missing: devjournal fetch"
            Terminal.say("\(step.artifact.name), \(Plain.bytes(step.artifact.bytes))\(missing)")
        }
        if let code = preview.workingCopy, preview.replacesCopy {
            Terminal.say("\(code) would be kept under a dated name")
        }
        for command in preview.commands { Terminal.exact(command) }
    }
}

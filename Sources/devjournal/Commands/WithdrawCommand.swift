import ArgumentParser
import Backup
import JournalFormat
import Machines
import Restoring

struct WithdrawCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "withdraw",
        abstract: "On the server: take an artifact that should not be there out of use. Nothing is deleted.",
        discussion: """
            For an artifact that is false, or that is damaged and nothing can bring back: it is never planned, \
            pulled, mirrored or checked again. Its label can be registered again, as long as no later one is \
            registered; the same bytes never. Labels that build on it cannot be restored without it and are withdrawn \
            only with --with-children.

            Shows what will be withdrawn and asks on the terminal; --yes answers the question. Each label becomes one \
            record (artifact.withdrawn). Then its file, and the catalogue that goes with it, move below \
            artifacts/withdrawn/, and its received snapshot gets the name LABEL.withdrawn-UUID; the working copy, if \
            it was that label's, returns to the newest remaining one, and edits are kept as always. A workstation \
            sets its own copies aside when it learns of it, and seals the month again. The mirror keeps what it has \
            of it.

            A second run finishes what was interrupted, or changes nothing. Prints the labels withdrawn.

            Exit status: 0 withdrawn, now or before · 2 recorded, but something was not set aside, or the working \
            copy is not back: run it again · 6 refused: other labels build on it, or nobody has confirmed it · 7 no \
            such label · 11 a restore is running: run it again when it is done · 64 usage
            """)

    @OptionGroup var options: ConfigurationOption
    @OptionGroup var output: JSONOption
    @Argument(help: "2026-01 or dev@2026-01.")
    var label: String
    @Option(help: "Why, in one line; it stays in the journal.")
    var reason: String
    @Flag(help: "Withdraw the labels that build on it, too.")
    var withChildren = false
    @Flag(help: "Do not ask.")
    var yes = false
    @Flag(help: "Show what would be withdrawn and change nothing.")
    var dryRun = false

    func validate() throws {
        // Run twice it would mean two labels.
        if label == "latest" { throw ValidationError("name the label that is withdrawn: 2026-01 or dev@2026-01") }
    }

    func run() async throws {
        let machine = try options.load()
        let withdrawal = ArtifactWithdrawal(machine, machine.rootSteps())
        let plan = try withdrawal.plan(label, reason: reason, withChildren: withChildren, login: Claim.login)
        show(plan)
        if dryRun { return tell(plan.labels) }
        if !plan.labels.isEmpty, !yes {
            try Confirmation.require("Withdraw \(Plain.list(plan.labels.map(\.description)))?", noTerminal: .refused)
        }
        try await withdrawal.carryOut(plan)
        tell(plan.labels)
    }

    private func show(_ plan: ArtifactWithdrawal.Plan) {
        for entry in plan.entries {
            let parent = entry.artifact.name.kind.parent.map { ", which builds on \($0)" } ?? ""
            let mirrored = entry.objectKey == nil ? "not mirrored" : "mirrored; the object stays"
            Terminal.say(
                "\(dryRun ? "would be" : "to be") withdrawn: \(entry.artifact.name), "
                    + "\(Plain.bytes(entry.artifact.bytes))\(parent) (\(mirrored))")
        }
        if plan.labels.isEmpty { Terminal.say("it was withdrawn before; what is left of it is set aside") }
    }

    private func tell(_ labels: [Label]) {
        if output.json {
            Terminal.json([
                "withdrawn": .array(labels.map { .string($0.description) }), "dry_run": .bool(dryRun),
            ])
        } else {
            for label in labels { Terminal.data(label.description) }
        }
    }
}

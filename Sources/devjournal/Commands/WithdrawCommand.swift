import ArgumentParser
import Artifacts
import Backup
import BackupJournal
import DurableFiles
import Glibc
import JournalFormat
import JournalStore
import Machines
import Restoring
import SystemPackage

struct WithdrawCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "withdraw",
        abstract: "On the server: an artifact that should not be there counts no more. Nothing is deleted.",
        discussion: """
            For an artifact that is false, or damaged where nothing brings it back: it is never planned, pulled, \
            mirrored or checked again. Its label can be registered again, as long as no later one is; the same bytes \
            never. Labels that build on it cannot be restored without it and are withdrawn only with --with-children.

            Shows what is withdrawn and asks, on the terminal; --yes where nobody is there to ask. Each label becomes \
            one record (artifact.withdrawn). Then its file, and the catalogue that goes with it, move below \
            artifacts/withdrawn/, and its received snapshot gets the name LABEL.withdrawn-UUID; the working copy, \
            where it was that label's, returns to the newest remaining one, edits kept as always. A workstation sets \
            its own copies aside when it hears of it, and seals the month again. What the mirror has of it stays \
            there.

            Run again it finishes what was interrupted, or changes nothing. Prints the labels withdrawn.

            Exit status: 0 withdrawn, now or before · 2 recorded, but something was not set aside, or the working copy \
            is not back: run it again · 6 refused: other labels build on it, or nobody has confirmed it · 7 no such \
            label · 11 a restore is running: run it again when it is done · 64 usage
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
        let state = try machine.replay().readableState()
        let label = try machine.label(label, in: state)
        let command = Command.withdraw(label, reason: reason, withChildren: withChildren, login: Claim.login)
        let labels = try decide(command, state, thisMonth: machine.thisMonth())
            .compactMap { $0.data["label"]?.string }
        try show(labels, state)
        if dryRun { return tell(labels) }
        if !labels.isEmpty, !yes {
            try Confirmation.require("Withdraw \(Plain.list(labels))?", noTerminal: .refused)
        }
        // What a restore that is running would say of the label comes before it is forgotten.
        guard let lock = try FileLock.tryLock(machine.server.restoreLock) else {
            throw Complaint("a restore is running", hint: "run it again when it is done", .incomplete)
        }
        let after = try record(command, labels, machine)
        try await setAside(after, machine)
        lock.unlock()
        tell(labels)
    }

    /// - Parameter labels: what was shown and confirmed.
    private func record(
        _ command: Command, _ labels: [String], _ machine: Machine
    ) throws -> BackupState {
        var journal = try machine.openJournal()
        let events = try decide(
            command, try journal.replay.readableState(), thisMonth: machine.thisMonth())
        guard events.compactMap({ $0.data["label"]?.string }) == labels else {
            throw Complaint(
                "another label was registered meanwhile that builds on it; nothing was withdrawn",
                hint: "run it again, to see what is withdrawn now", .refused)
        }
        _ = try machine.record(command, in: &journal)
        return try journal.replay.readableState()
    }

    private func setAside(_ state: BackupState, _ machine: Machine) async throws {
        let withdrawn = WithdrawnSnapshots(machine, machine.rootSteps())
        do {
            try WithdrawnFiles(machine).setAside(state)
            try await withdrawn.setAside(state)
        } catch {
            throw Complaint(
                "it is recorded as withdrawn, but not all of it was set aside: \(Self.words(error))",
                hint: "run it again", .failed)
        }
        do {
            try await withdrawn.returnWorkingCopy(state)
        } catch {
            throw Complaint(
                "it is withdrawn, but the working copy is still that of a withdrawn label: \(Self.words(error))",
                hint: "run it again; or restore_backup_LS.sh with another label", .failed)
        }
    }

    private static func words(_ error: any Error) -> String {
        error is SaidElsewhereError ? "why stands above" : Complaint(error).message
    }

    private func show(_ labels: [String], _ state: BackupState) throws {
        for text in labels {
            guard let entry = Label(text).flatMap({ state.entries[$0] }) else { continue }
            let parent = entry.artifact.name.kind.parent.map { ", which builds on \($0)" } ?? ""
            let mirrored = entry.objectKey == nil ? "not mirrored" : "mirrored; the object stays"
            Terminal.say(
                "\(dryRun ? "would be" : "to be") withdrawn: \(entry.artifact.name), "
                    + "\(Terminal.bytes(entry.artifact.bytes))\(parent) (\(mirrored))")
        }
        if labels.isEmpty { Terminal.say("it was withdrawn before; what is left of it is set aside") }
    }

    private func tell(_ labels: [String]) {
        if output.json {
            Terminal.json(["withdrawn": .array(labels.map { .string($0) }), "dry_run": .bool(dryRun)])
        } else {
            for label in labels { Terminal.data(label) }
        }
    }
}

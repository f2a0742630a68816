import ArgumentParser
import Backup
import BackupJournal
import Digest
import JournalFormat
import Machines
import Recovery
import SystemPackage

struct WitnessCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "witness", abstract: "Remember the journal's heads on another machine, and check it against them.",
        discussion: """
            A journal that was cut off or forked is sound in itself: only somebody who remembers a later head can \
            tell. WS_STATE/heads keeps them; devjournal verify --head reads that file. A witness elsewhere, which \
            others run, remembers a head and cosigns it: devjournal witness submit.
            """,
        subcommands: [Remember.self, Accept.self, Submit.self])

    struct Remember: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "remember", abstract: "Remember a checkpoint, when the journal agrees with it.",
            discussion: """
                The journal must contain every head that was remembered before. If one is missing, nothing is \
                remembered and both signed heads are printed: exit status 1 for a fork or a journal that is too \
                short, 6 for a cut that devjournal witness accept can accept.
                """)

        @OptionGroup var options: ConfigurationOption
        @OptionGroup var output: JSONOption
        @OptionGroup var journal: WitnessedJournalOption
        @Argument(help: "A file with signed checkpoints, - for standard input (default: the journal's own).")
        var checkpoint: String?

        func run() throws {
            let machine = try options.read()
            let memory = HeadMemory(machine, try journal.read(machine))
            let found: HeadMemory.Remembered
            do { found = try memory.remember(checkpoint) } catch WitnessError.disagrees(let disagreement) {
                disagreement.show(asJSON: output.json)
                throw WitnessError.disagrees(disagreement)
            }
            show(found)
            Terminal.say(
                found.new == 0
                    ? "remembered already; \(Plain.counted(found.count, "head")), in the journal as remembered"
                    : "remembered; \(found.count) heads, all in the journal")
        }

        private func show(_ found: HeadMemory.Remembered) {
            guard output.json else {
                for head in found.offered { Terminal.data("\(head.epoch) \(head.size) \(head.head)") }
                return
            }
            let heads = found.offered.map { head in
                JSONValue.object([
                    "epoch": .integer(head.epoch), "size": .integer(head.size), "head": .string(head.head.hex),
                ])
            }
            Terminal.json(["heads": .array(heads), "new": .integer(found.new), "remembered": .integer(found.count)])
        }
    }

    struct Accept: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "accept",
            abstract: "Accept a cut: the server was lost, and with it records that this machine remembers.",
            discussion: """
                Prints the heads that are given up and the journal's head, records witness.accepted with this \
                workstation's key, and keeps the heads given up in WS_STATE/heads.superseded. If a replica still has \
                the lost records, rebuild the server with devjournal rebuild --from-mirror --witness instead: nothing \
                is lost then. A fork is never accepted.
                On a workstation whose server is another machine, COMMAND reaches the server as in devjournal \
                deliver. The replica continues with the server's lines, and the lines that the server lost are kept \
                in WS_STATE/replica.lost. The workstation's own events in them are pending again, and \
                witness.accepted waits in its outbox.

                Exit status: 0 accepted, or nothing to accept · 1 a fork, a journal that is too short · 2 COMMAND \
                failed · 7 no journal, no key
                """)

        @OptionGroup var options: ConfigurationOption
        @OptionGroup var output: JSONOption
        @Option(help: "Why, for the journal.")
        var reason: String?
        @Argument(parsing: .postTerminator, help: "What reaches the server (default: the journal on this machine).")
        var command: [String] = []

        func run() async throws {
            let machine = try options.read()
            let acceptance = CutAcceptance(machine, reason: reason) { if !output.json { show($0) } }
            do {
                let outcome =
                    command.isEmpty
                    ? try acceptance.acceptHere()
                    : try await acceptance.acceptThere(CommandExchange.reaching(command, machine))
                tell(outcome, WitnessHeads(machine))
            } catch WitnessError.disagrees(let disagreement) {
                disagreement.show(asJSON: output.json)
                throw WitnessError.disagrees(disagreement)
            }
        }

        private func show(_ given: CutAcceptance.GivenUp) {
            Terminal.say("given up, signed by the sequencer then:")
            Terminal.exact(given.superseded.map(\.note).joined())
            Terminal.say("accepted, signed by the sequencer now:")
            Terminal.exact(given.accepted.note)
        }

        private func tell(_ outcome: CutAcceptance.Outcome, _ heads: WitnessHeads) {
            if output.json { Terminal.json(outcome.json) }
            switch outcome {
            case .nothing(let count):
                Terminal.say(
                    "there is nothing to accept: the journal has what is remembered, \(Plain.counted(count, "head"))")
            case .given(let given) where command.isEmpty:
                Terminal.say(
                    "records above \(given.base) that were remembered are given up; their heads are kept in "
                        + "\(heads.supersededPath)")
            case .given(let given):
                if let file = given.kept {
                    Terminal.say(
                        "\(Plain.counted(given.lost, "record")) taken out of the replica are kept in \(file)")
                }
                Terminal.say(
                    "the acceptance and what this workstation said in those records are pending; "
                        + "devjournal deliver sends them")
            }
        }
    }
}

extension CutAcceptance.Outcome {
    fileprivate var json: JSONObject {
        guard case .given(let given) = self else {
            return ["superseded": .array([]), "accepted": .null, "base": .null, "kept": .null]
        }
        return [
            "superseded": .array(given.superseded.map { .string($0.note) }), "accepted": .string(given.accepted.note),
            "base": .integer(given.base), "kept": given.kept.map { .string("\($0)") } ?? .null,
        ]
    }
}

extension HeadDisagreement {
    /// Both heads, as evidence that somebody else can check.
    fileprivate func show(asJSON: Bool) {
        guard isEvidence else { return }
        if asJSON {
            Terminal.json(["remembered": .string(head.note), "other": other.map { .string($0.note) } ?? .null])
        } else {
            Terminal.exact(head.note)
            if let other { Terminal.exact(other.note) }
        }
        if other == nil {
            Terminal.say("the journal has no checkpoint; its last record is \(size), head \(last)")
        }
    }
}

/// The journal that a witness looks at: a replica of its own, or the server's.
struct WitnessedJournalOption: ParsableArguments {
    @Option(
        help: "The directory of the journal or replica (default: LS_ROOT/journal, on a workstation WS_STATE/replica).")
    var journal: String?
    @Option(help: "The fingerprint of the root that must vouch for it.")
    var root: String?

    func read(_ machine: Machine) throws -> WitnessedJournal {
        try WitnessedJournal(machine, named: journal, root: root)
    }
}

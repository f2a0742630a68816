import ArgumentParser
import Backup
import JournalFormat
import Machines
import Recovery
import Serving

extension KeyCommand {
    struct Retire: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "retire", abstract: "Retire a workstation's key: it can sign nothing more.",
            discussion: """
                What the key signed before stays good. Requests of the workstation that are being answered, such as a \
                restore or a transfer, are ended at once, and the command prints how many; it waits for no client. A \
                retired key never comes back: the workstation makes a new one with devjournal key new, after its old \
                author.key was removed. The sequencer's key is changed with devjournal key rotate, the root with \
                devjournal key new-root.
                """)

        @OptionGroup var options: ConfigurationOption
        @OptionGroup var output: JSONOption
        @Argument(help: "The key's id, or its name if only one active key has it.")
        var key: String
        @Option(help: "Why, for the journal.")
        var reason: String

        func run() throws {
            let machine = try options.load()
            let retired = try WorkstationKeys(machine).retire(key, reason: reason)
            let entry = retired.entry
            // Only now: a command that comes later finds the key retired.
            let sessions = try machine.server.sessions.end(of: entry.id)
            tell(sessions, of: entry.name)
            if output.json {
                Terminal.json([
                    "kid": .string(entry.id.description), "name": .string(entry.name),
                    "retired": .integer(retired.record), "new": .bool(retired.isNew),
                    "sessions": .integer(sessions.ended), "sessions_left": .integer(sessions.left.count),
                ])
            } else {
                Terminal.data(entry.id.description)
            }
        }

        private func tell(_ sessions: ServedSessions.Ended, of name: String) {
            if sessions.ended > 0 { Terminal.say("\(Plain.counted(sessions.ended, "session")) of \(name) ended") }
            for process in sessions.left {
                Terminal.warn("process \(process) still answers \(name): end it by hand, kill -9 \(process)")
            }
        }
    }

    struct Rotate: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "rotate", abstract: "Give this server a new sequencer key: the journal begins a new epoch.",
            discussion: """
                The root key from the recovery kit signs the change. With a mirror the new epoch is claimed there \
                first; a copy of this server with the old key can then write neither here nor there. After an \
                interruption, run it again to finish.
                """)

        @OptionGroup var options: ConfigurationOption
        @OptionGroup var output: JSONOption
        @OptionGroup var passphrase: PassphraseOption
        @OptionGroup var endpoint: EndpointOption
        @Option(help: "The recovery kit, which holds the root key.")
        var kit: String
        @Option(help: "Why, for the journal.")
        var reason = "the sequencer's key was changed"

        func run() throws {
            let machine = try options.load(endpoint)
            try EpochChange(machine, kit: KitFile(kit), passphrase: passphrase.ofKit()).changeSequencer(reason: reason)
            try machine.currentEpoch().show(asJSON: output.json)
        }
    }

    struct NewRoot: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "new-root", abstract: "Replace the root key: a new recovery kit, and a new epoch under it.",
            discussion: """
                Use it if the kit may be in other hands. The old root enrols the new one, which retires it, starts an \
                epoch with a new sequencer key, and so vouches for the journal. Remember the new fingerprint wherever \
                the old one is; the old kit can no longer restore a server. Its age key still opens what is in the \
                bucket. The kit's other data sets are kept as they are.
                """)

        @OptionGroup var options: ConfigurationOption
        @OptionGroup var output: JSONOption
        @OptionGroup var passphrase: PassphraseOption
        @Option(help: "The recovery kit with the root key so far.")
        var kit: String
        @OptionGroup var newPassphrase: NewPassphraseOption
        @Option(help: "Why, for the journal.")
        var reason: String
        @Argument(help: "The new kit.")
        var file: String

        func run() throws {
            let machine = try options.load()
            let change = EpochChange(machine, kit: KitFile(kit), passphrase: passphrase.ofKit())
            let isMade = try change.changeRoot(reason: reason, to: KitFile(file), newPassphrase.renewed)
            let now = try machine.currentEpoch()
            if output.json {
                var json = now.json
                json["root"] = now.root.map { .string($0.description) } ?? .null
                json["kit"] = isMade ? .string(file) : .null
                Terminal.json(json)
            } else {
                now.show(asJSON: false)
                if let root = now.root { Terminal.data("root fingerprint: \(root)") }
            }
        }
    }
}

extension CurrentEpoch {
    var json: JSONObject { ["epoch": .integer(epoch), "sequencer": .string(sequencer.description)] }

    func show(asJSON: Bool) {
        if asJSON { Terminal.json(json) } else { Terminal.data("epoch \(epoch), sequencer \(sequencer)") }
    }
}

import ArgumentParser
import JournalFormat
import JournalStore
import Machines
import Recovery

struct KeyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "key", abstract: "The journal's keys: make, enrol, retire, change, list.",
        subcommands: [
            New.self, Enrol.self, Retire.self, Rotate.self, NewRoot.self, NewIdentity.self, ReplaceRoot.self,
            Endorse.self, List.self,
        ])

    struct New: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "new", abstract: "Make this workstation's key and print the request to enrol it.")

        @OptionGroup var options: ConfigurationOption

        func run() throws {
            guard let made = try WorkstationKeys(try options.read()).make() else { return }
            Terminal.say("fingerprint \(made.key); compare it where the key is enrolled")
            Terminal.exact(made.request.text)
        }
    }

    struct Enrol: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "enrol", abstract: "Let a workstation's key sign events. Compare fingerprints first.")

        @OptionGroup var options: ConfigurationOption
        @Argument(help: "The line that devjournal key new printed.")
        var request: String
        @Option(help: "What people call the workstation.")
        var name: String

        func run() throws {
            Terminal.data(try WorkstationKeys(try options.load()).enrol(request, name: name).description)
        }
    }

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "List the journal's keys.",
            discussion: """
                On a workstation: as its replica has them.

                With --vkey it prints the verifier keys of all sequencers, one line for each epoch, for tools that read \
                signed notes (C2SP). Checkpoints of today need the last one.
                """)

        @OptionGroup var options: ConfigurationOption
        @OptionGroup var output: JSONOption
        @Flag(help: "Print the sequencers' verifier keys.")
        var vkey = false

        func run() throws {
            if vkey { return try listVerifierKeys() }
            for entry in try ReadableJournal(try options.load()).replay().verifier.keyring.inOrder {
                if output.json {
                    Terminal.json([
                        "kid": .string(entry.id.description), "role": .string(entry.role.rawValue),
                        "name": .string(entry.name), "enrolled": .integer(entry.enrolledAt),
                        "retired": entry.retiredAt.map { .integer($0) } ?? .null,
                    ])
                } else {
                    let end = entry.retiredAt.map { ", retired by record \($0)" } ?? ""
                    Terminal.data(
                        "\(entry.id)  \(entry.role.rawValue)  \(entry.name)  since record \(entry.enrolledAt)\(end)")
                }
            }
        }

        private func listVerifierKeys() throws {
            let keys = try ReadableJournal(try options.load()).replay().verifier.verifierKeys
            for (index, key) in keys.enumerated() {
                if output.json {
                    Terminal.json(["epoch": .integer(index + 1), "vkey": .string("\(key)")])
                } else {
                    Terminal.data("\(key)")
                }
            }
        }
    }
}

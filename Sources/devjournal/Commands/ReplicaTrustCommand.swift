import ArgumentParser
import Backup
import JournalFormat
import Machines
import Recovery

extension ReplicaCommand {
    struct Trust: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "trust", abstract: "Say whose word counts for what an artifact holds.",
            discussion: """
                A restore takes from the server only what this workstation's own key has signed, or a key that is named \
                here: that of a workstation before this one. Compare its fingerprint with the one that its own \
                init_WS.sh showed, not with what the server says.

                Without FINGERPRINT it lists the keys that have sealed what is registered, a line each, between tabs: \
                fingerprint, name, own, trusted or untrusted, and the labels. They are kept in \
                WS_STATE/trusted-authors, from which a line can be taken out again.

                Exit status: 0 listed, or trusted · 6 it is no workstation's key · 7 the journal knows no such key, no \
                pinned journal · 64 usage
                """)

        @OptionGroup var options: ConfigurationOption
        @OptionGroup var output: JSONOption
        @Argument(help: "Keys of workstations.")
        var fingerprint: [String] = []

        func run() throws {
            let authors = SealingAuthors(try Workstation(try options.read()))
            if fingerprint.isEmpty { show(try authors.list()) } else { try authors.trust(fingerprint) }
        }

        private func show(_ authors: [SealingAuthors.Author]) {
            guard output.json else {
                for author in authors {
                    let labels =
                        author.labels.isEmpty ? "-" : author.labels.map(\.description).joined(separator: " ")
                    Terminal.data("\(author.key.id)\t\(author.key.name)\t\(author.standing.rawValue)\t\(labels)")
                }
                return
            }
            let rows = authors.map { author in
                JSONValue.object([
                    "key": .string(author.key.id.description), "name": .string(author.key.name),
                    "standing": .string(author.standing.rawValue),
                    "labels": .array(author.labels.map { .string($0.description) }),
                ])
            }
            Terminal.json(["authors": .array(rows)])
        }
    }
}

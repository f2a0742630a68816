import ArgumentParser
import Backup
import JournalFormat
import Machines
import Recovery

extension ReplicaCommand {
    struct Trust: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "trust", abstract: "List or add the keys whose artifacts this workstation restores.",
            discussion: """
                A restore accepts from the server only what was signed by this workstation's own key or by a key that \
                is added here, such as that of an earlier workstation. Compare its fingerprint with the one that its \
                own init_WS.sh showed, not with what the server says.

                Without FINGERPRINT it lists the keys that have sealed what is registered, a line each, between tabs: \
                fingerprint, name, own, trusted or untrusted, and the labels. WS_STATE/trusted-authors holds the \
                added keys; remove a line there to withdraw the trust.

                Exit status: 0 listed, or trusted · 6 it is not a workstation's key · 7 the journal knows no such \
                key, no pinned journal · 64 usage
                """)

        @OptionGroup var options: ConfigurationOption
        @OptionGroup var output: JSONOption
        @Argument(help: "Keys of workstations to add.")
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

import ArgumentParser
import Backup
import DurableFiles
import JournalFormat
import JournalStore
import Machines

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
            let machine = try options.read()
            let workstation = try Workstation(machine)
            let keyring = try workstation.keyring()
            var keys: [Keyring.Entry] = []
            for text in fingerprint {
                guard let id = KeyID(text) else {
                    throw Complaint("\(text) is not a fingerprint", hint: "32 lower-case hex digits", .usage)
                }
                guard let key = keyring[id] else {
                    throw Complaint(
                        "the journal knows no key \(id)", hint: "devjournal replica trust lists them", .notFound)
                }
                guard key.role == .author else { throw Complaint("\(id) is not a workstation's key", .refused) }
                keys.append(key)
            }
            for key in keys {
                try TrustedAuthors(workstation).add(key.id, key.name)
                Terminal.say("what \(key.name) (\(key.id)) has sealed is trusted here")
            }
            if keys.isEmpty { try list(workstation, keyring) }
        }

        private func list(_ workstation: Workstation, _ keyring: Keyring) throws {
            let trusted = try TrustedAuthors(workstation).keys
            let own = try workstation.machine.authorKey()?.id
            let state = try WorkstationLedger.outbox(workstation).state()
            var rows: [JSONValue] = []
            for key in keyring.inOrder where key.role == .author {
                let labels = state.order.filter {
                    state.entries[$0]?.sealings.contains { $0.author == key.id } ?? false
                }
                if labels.isEmpty && key.id != own { continue }
                let standing = key.id == own ? "own" : trusted.contains(key.id) ? "trusted" : "untrusted"
                if output.json {
                    rows.append(
                        .object([
                            "key": .string(key.id.description), "name": .string(key.name),
                            "standing": .string(standing),
                            "labels": .array(labels.map { .string($0.description) }),
                        ]))
                } else {
                    let names = labels.isEmpty ? "-" : labels.map(\.description).joined(separator: " ")
                    Terminal.data("\(key.id)\t\(key.name)\t\(standing)\t\(names)")
                }
            }
            if output.json { Terminal.json(["authors": .array(rows)]) }
        }
    }
}

import ArgumentParser
import Backup
import DurableFiles
import JournalFormat
import JournalStore
import Machines
import Sodium
import SystemPackage

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
            let machine = try options.read()
            // A workstation apart from the server knows the journal by what was pinned.
            let pinned = try Workstation.pin(machine)?.log
            guard let log = try pinned ?? machine.replay().verifier.log else { return }
            try makeDirectories(machine.workstationState, permissions: 0o700)
            let path = machine.workstationState.appending("author.key")
            let key: JournalKey
            if let existing = try machine.authorKey() {
                key = existing
                Terminal.say("the key is there already: \(path)")
            } else {
                key = KeyFile.generate(.author)
                try KeyFile.write(key, to: path)
            }
            Terminal.say("fingerprint \(key.id); compare it where the key is enrolled")
            Terminal.exact(EnrolmentRequest(key, log: log).text)
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
            let machine = try options.load()
            guard let request = EnrolmentRequest(request) else {
                throw Complaint("this is not an enrolment request", hint: "devjournal key new prints one", .usage)
            }
            guard !name.isEmpty, name.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }), name.utf8.count <= 32 else {
                throw Complaint("a key's name is 1 to 32 printable characters without spaces", .usage)
            }
            var journal = try machine.openJournal()
            guard request.log == journal.log else { throw Complaint("the request is for another journal", .refused) }
            let id = KeyID(request.key, role: .author)
            if let known = journal.replay.verifier.keyring[id] {
                guard known.retiredAt == nil else { throw Complaint("that key was retired", .refused) }
                Terminal.say("\(known.name) is enrolled already; nothing changed")
            } else {
                guard ProofOfPossession.isValid(request.proof, by: request.key, log: request.log, role: .author)
                else { throw Complaint("the request is not signed by the key it names", .refused) }
                let event = KeyEvent.keyEnrolled(
                    role: KeyRole.author.rawValue, key: request.key, name: name, proof: request.proof)
                Outcome.hasRecorded(
                    try journal.append([NewEvent(event.type, by: .sequencer, event.data)], author: nil))
                try machine.writeProjections(of: journal)
            }
            journal.close()
            Terminal.data(id.description)
        }
    }

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "List the journal's keys.",
            discussion: "On a workstation: as its replica has them.")

        @OptionGroup var options: ConfigurationOption
        @OptionGroup var output: JSONOption

        func run() throws {
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
    }
}

/// What a workstation hands to the server: its public key, with the proof that it holds the private one.
struct EnrolmentRequest {
    let log: EventID
    let key: Ed25519.PublicKey
    let proof: [UInt8]

    private static let magic = "devjournal-enrol-v1"

    init(_ key: JournalKey, log: EventID) {
        self.log = log
        self.key = key.publicKey
        proof = ProofOfPossession.make(key.key, log: log, role: .author)
    }

    init?(_ text: String) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 4, parts[0] == Self.magic, let log = EventID(parts[1]),
            let key = Base64.decode(parts[2], count: 32).flatMap({ Ed25519.PublicKey($0) }),
            let proof = Base64.decode(parts[3], count: 64)
        else { return nil }
        self.log = log
        self.key = key
        self.proof = proof
    }

    var text: String { "\(Self.magic):\(log):\(Base64.encode(key.bytes)):\(Base64.encode(proof))" }
}

import ArgumentParser
import Backup
import Digest
import DurableFiles
import JournalFormat
import JournalStore
import Machines
import RecoveryKit
import Sodium
import SystemPackage

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
            try requireReason(reason)
            let (entry, retiredAt) = try record(machine)
            // Only now: a command that comes later finds the key retired. The journal's lock is free again.
            let sessions = try machine.server.sessions.end(of: entry.id)
            tell(sessions, of: entry.name)
            if output.json {
                Terminal.json([
                    "kid": .string(entry.id.description), "name": .string(entry.name), "retired": .integer(retiredAt),
                    "new": .bool(entry.retiredAt == nil), "sessions": .integer(sessions.ended),
                    "sessions_left": .integer(sessions.left.count),
                ])
            } else {
                Terminal.data(entry.id.description)
            }
        }

        /// - Returns: the key as it was before, and the record that retired it.
        private func record(_ machine: Machine) throws -> (entry: Keyring.Entry, retiredAt: Int) {
            var journal = try machine.openJournal()
            let entry = try find(journal.replay.verifier.keyring)
            if let seq = entry.retiredAt {
                Terminal.say("\(entry.name) was retired by record \(seq); nothing changed")
                return (entry, seq)
            }
            let event = KeyEvent.keyRetired(entry.id, reason: reason)
            let receipts = try journal.append([NewEvent(event.type, by: .sequencer, event.data)], author: nil)
            Outcome.hasRecorded(receipts)
            // The key is retired whatever becomes of the projections, and its sessions are still to be ended.
            do { try machine.writeProjections(of: journal) } catch { Terminal.warn(Complaint(error).message) }
            journal.close()
            Terminal.say("\(entry.name) is retired by record \(receipts[0].seq)")
            return (entry, receipts[0].seq)
        }

        private func tell(_ sessions: ServedSessions.Ended, of name: String) {
            if sessions.ended > 0 { Terminal.say("\(Plain.counted(sessions.ended, "session")) of \(name) ended") }
            for process in sessions.left {
                Terminal.warn("process \(process) still answers \(name): end it by hand, kill -9 \(process)")
            }
        }

        private func find(_ keyring: Keyring) throws -> Keyring.Entry {
            if let id = KeyID(key), let entry = keyring[id] {
                switch entry.role {
                case .author: return entry
                case .sequencer:
                    throw Complaint(
                        "\(key) is a sequencer's key", hint: "a new epoch retires it: devjournal key rotate", .refused)
                case .root:
                    throw Complaint(
                        "\(key) is a root", hint: "a new one retires it: devjournal key new-root", .refused)
                }
            }
            let named = keyring.inOrder.filter { $0.role == .author && $0.name == key }
            let active = named.filter { $0.retiredAt == nil }
            if active.count > 1 {
                throw Complaint(
                    "\(active.count) active keys are called \(key)", hint: "name one by its id: devjournal key list",
                    .refused)
            }
            guard let entry = active.first ?? named.last else {
                throw Complaint("no workstation's key is called \(key)", hint: "devjournal key list", .notFound)
            }
            return entry
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
            try requireReason(reason)
            let rotation = KeyRotation(machine)
            if try !rotation.resume() {
                let secret = try passphrase.read(prompt: "passphrase of the kit")
                let root = try openKit(kit, secret, machine).section.root
                try rotation.run(root: root.id) { replay, _, next in
                    try EpochStart.make(&replay, root: root, sequencer: next, reason: reason, now: Clock.now())
                }
            }
            let (epoch, sequencer) = try newSequencer(machine)
            if output.json {
                Terminal.json(["epoch": .integer(epoch), "sequencer": .string(sequencer.description)])
            } else {
                Terminal.data("epoch \(epoch), sequencer \(sequencer)")
            }
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
            try requireReason(reason)
            let rotation = KeyRotation(machine)
            let wasInterrupted = try rotation.resume()
            if wasInterrupted {
                Terminal.say("to replace the root once more, run this again")
            } else {
                let secret = try passphrase.read(prompt: "passphrase of the kit")
                let (old, section) = try openKit(kit, secret, machine)
                let root = KeyFile.generate(.root)
                var renewed = section
                renewed.root = root
                renewed.mirror = machine.mirror ?? section.mirror
                let new = try old.replacing(renewed)
                try write(new, secret, machine)
                try rotation.run(root: root.id) { replay, current, next in
                    try EpochStart.make(
                        &replay, replacing: section.root, by: root, current: current, sequencer: next, reason: reason,
                        now: Clock.now())
                }
                Terminal.say("the new kit is \(file); copy it off this machine, then: devjournal kit verify COPY")
                new.tellOthers(than: machine.dataset)
            }
            let (epoch, sequencer) = try newSequencer(machine)
            let pinned = try machine.server.pinnedRoot()
            if output.json {
                Terminal.json([
                    "epoch": .integer(epoch), "sequencer": .string(sequencer.description),
                    "root": pinned.map { .string($0.description) } ?? .null,
                    "kit": wasInterrupted ? .null : .string(file),
                ])
            } else {
                Terminal.data("epoch \(epoch), sequencer \(sequencer)")
                if let pinned { Terminal.data("root fingerprint: \(pinned)") }
            }
        }

        /// The kit comes first: a journal whose root key is lost could never start another epoch.
        private func write(
            _ kit: RecoveryKit, _ secret: borrowing SecretBytes, _ machine: Machine
        ) throws {
            try KitFile(file).requireFree()
            let bytes = try newPassphrase.use(insteadOf: secret) { try kit.encrypted(with: $0, made: Clock.now()) }
            var journal = try machine.openJournal()
            try KitFile(file).write(bytes, machine, in: &journal)
        }
    }
}

func requireReason(_ reason: String) throws {
    guard RootReplacement.reasonLengths.contains(reason.utf8.count) else {
        throw Complaint("a reason is 1 to 1000 bytes of text", .usage)
    }
}

private func openKit(
    _ file: String, _ secret: borrowing SecretBytes, _ machine: Machine
) throws -> (kit: RecoveryKit, section: KitSection) {
    let kit = try KitFile(file).open(secret)
    let section = try kit.section(of: machine.dataset)
    let replay = try machine.replay()
    try section.requireRoot(in: replay)
    return (kit, section)
}

private func newSequencer(_ machine: Machine) throws -> (epoch: Int, sequencer: KeyID) {
    let replay = try machine.replay()
    guard let id = replay.verifier.keyring.sequencer else { throw Complaint("the journal is empty", .damaged) }
    return (replay.verifier.epoch, id)
}

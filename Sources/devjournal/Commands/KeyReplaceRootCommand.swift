import ArgumentParser
import Backup
import DurableFiles
import JournalFormat
import JournalStore
import Machines
import RecoveryKit
import Sodium
import SystemPackage

extension KeyCommand {
    struct ReplaceRoot: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "replace-root",
            abstract:
                "The kit or its passphrase is lost, and this server lives: make a new root that the workstations endorse.",
            discussion: """
                Two steps, each of which can be run again. With --reason a new root key is made, into a new kit and \
                nowhere else, and one line is printed. Paste it on every workstation that is enrolled: devjournal key \
                endorse LINE; each prints a line back. With --endorsed, once for each of those lines, the new root \
                takes the place of the old ones and starts an epoch with a new sequencer key.
                Nobody who remembers an old root accepts the journal from there on, because no old root has agreed. \
                Pin the new fingerprint by hand on each machine: devjournal replica pin. The journal and its audit \
                show the record for ever.
                The lines are valid for the journal as it is. If something was recorded meanwhile, begin again with \
                --reason and the same kit.
                The new kit holds this data set alone; devjournal kit make --from joins it with those of others.
                If the kit opens, use devjournal key new-root instead: then the old root agrees.

                Exit status: 0 done, or done before · 6 refused, such as a weak passphrase · 8 the passphrase does \
                not open the new kit
                """)

        @OptionGroup var options: ConfigurationOption
        @OptionGroup var output: JSONOption
        @OptionGroup var passphrase: PassphraseOption
        @OptionGroup var endpoint: EndpointOption
        @Option(help: "The new recovery kit. The first step makes it, or opens it if it exists already.")
        var kit: String
        @Option(help: "First step: why, for the journal and for those who endorse.")
        var reason: String?
        @Option(help: "Second step: a line that devjournal key endorse printed. Once for each workstation.")
        var endorsed: [String] = []

        func validate() throws {
            if (reason == nil) == endorsed.isEmpty {
                throw ValidationError("give --reason for the first step, or --endorsed for the second")
            }
        }

        func run() throws {
            let machine = try options.load(endpoint)
            let rotation = KeyRotation(machine)
            if try rotation.resume() { return try show(machine) }
            if let reason {
                try requireReason(reason)
                return try ask(reason, machine)
            }
            let given = try Endorsements(endorsed)
            let kit = try RootOfKit.open(
                KitFile(kit), try passphrase.read(prompt: "passphrase of the new kit"), machine)
            guard kit.root.publicKey == given.replacement.root else {
                throw Complaint(
                    "the endorsed root, \(KeyID(given.replacement.root, role: .root)), is not this kit's", .refused)
            }
            if try isDone(kit.root.id, machine) { return try show(machine) }
            try rotation.run(root: kit.root.id) { replay, current, next in
                try EpochStart.make(
                    &replay, given.replacement, by: kit.root, endorsements: try given.inOrder(of: replay),
                    current: current, sequencer: next, now: Clock.now())
            }
            try show(machine)
        }

        /// The first step: kit, then line.
        private func ask(_ reason: String, _ machine: Machine) throws {
            let authors = try machine.replay().verifier.keyring.active(.author)
            guard !authors.isEmpty else {
                throw Complaint(
                    "no workstation is enrolled that could endorse a new root",
                    hint: "enrol one, on any machine: devjournal key new, devjournal key enrol", .refused)
            }
            let file = KitFile(kit)
            let root: JournalKey
            if file.isThere {
                root = try RootOfKit.open(
                    file, try passphrase.read(prompt: "passphrase of the new kit"), machine
                ).root
                if try isDone(root.id, machine) { return try show(machine) }
            } else {
                root = try RootOfKit.make(file, passphrase, machine)
            }
            let request = try RootOfKit.request(root, kit: file, reason, machine)
            let fingerprint = root.id.description
            if output.json {
                Terminal.json([
                    "request": .string(request.text), "root": .string(fingerprint), "kit": .string(kit),
                    "size": .integer(request.replacement.baseSize),
                    "authors": .array(authors.map { .string($0.id.description) }),
                ])
                return
            }
            Terminal.say("the new kit is \(file.path); its root's fingerprint is \(fingerprint)")
            Terminal.say("paste the line on \(Plain.list(authors.map { "\($0.name) (\($0.id))" })):")
            Terminal.say("  devjournal key endorse LINE")
            Terminal.exact(request.text)
        }

        private func isDone(_ root: KeyID, _ machine: Machine) throws -> Bool {
            guard let entry = try machine.replay().verifier.keyring[root] else { return false }
            guard entry.role == .root, entry.retiredAt == nil else {
                throw Complaint(
                    "the kit's root key was retired", hint: "name a new file: this kit stays as it is", .refused)
            }
            Terminal.say("the root of \(kit) has been this journal's since record \(entry.enrolledAt); nothing changed")
            return true
        }

        private func show(_ machine: Machine) throws {
            let replay = try machine.replay()
            guard let log = replay.verifier.log, let sequencer = replay.verifier.keyring.sequencer,
                let root = try machine.server.pinnedRoot() ?? replay.verifier.keyring.active(.root).last?.id
            else { throw Complaint("the journal is empty", .damaged) }
            if replay.verifier.replacements.contains(where: { $0.root == root }) {
                Terminal.warn(
                    "a machine that remembers an old root refuses this journal; on each workstation, by hand:")
                Terminal.say("  sudo init_WS.sh --pair 'LINE', with the line that sudo init_LS.sh prints here")
                Terminal.say("  or, without the scripts: devjournal replica pin --log \(log) --root \(root) -- COMMAND")
                Terminal.say("copy the new kit off this machine, then: devjournal kit verify COPY")
            }
            if output.json {
                Terminal.json([
                    "epoch": .integer(replay.verifier.epoch), "sequencer": .string(sequencer.description),
                    "root": .string(root.description),
                ])
            } else {
                Terminal.data("epoch \(replay.verifier.epoch), sequencer \(sequencer)")
                Terminal.data("root fingerprint: \(root)")
            }
        }
    }
}

/// The lines that the workstations gave back, all for one replacement.
private struct Endorsements {
    let replacement: RootReplacement
    private let log: EventID
    private let given: [RootEndorsement]

    init(_ lines: [String]) throws {
        let parsed = try lines.map { line in
            guard let one = EndorsedRoot(line) else {
                throw Complaint("this is not an endorsement", hint: "devjournal key endorse prints one", .usage)
            }
            return one
        }
        guard let first = parsed.first,
            parsed.allSatisfy({ $0.log == first.log && $0.replacement == first.replacement })
        else { throw Complaint("the endorsements are not for the same line of key replace-root", .refused) }
        (log, replacement, given) = (first.log, first.replacement, parsed.map(\.endorsement))
    }

    /// Each active author's, where this is the journal and the place that they were made for.
    func inOrder(of replay: borrowing Replay) throws -> [RootEndorsement] {
        guard replay.verifier.log == log else { throw Complaint("the endorsement is for another journal", .refused) }
        guard replay.verifier.size == replacement.baseSize, replay.verifier.head == replacement.baseHead else {
            throw Complaint(
                "the endorsement was made for the journal of \(Plain.counted(replacement.baseSize, "record")); it now has "
                    + "\(replay.verifier.size)",
                hint: "begin again: devjournal key replace-root --reason, with the same kit", .refused)
        }
        let authors = replay.verifier.keyring.active(.author)
        for one in given where !authors.contains(where: { $0.id == one.author }) {
            throw Complaint("\(one.author) is not a workstation's key that may endorse", .refused)
        }
        return try authors.map { author in
            guard let one = given.first(where: { $0.author == author.id }) else {
                throw Complaint(
                    "\(author.name) (\(author.id)) has not endorsed the new root",
                    hint: "every enrolled workstation has to; retire a lost one first: devjournal key retire",
                    .refused)
            }
            guard replacement.isEndorsed(by: author.key, one.signature, log: log) else {
                throw Complaint("the endorsement is not signed by the key of \(author.name)", .refused)
            }
            return one
        }
    }
}

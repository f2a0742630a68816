import Age
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
    struct NewIdentity: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "new-identity", abstract: "Replace the age key: a new recovery kit, and a new recipient.",
            discussion: """
                Use it if others may know the age key. The new identity opens what is sealed from now on: artifacts, \
                catalogues and the journal in the mirror. The old identity stays in the key file and in the kit, for \
                what was sealed to it; everybody who has it can still read that. Each workstation stops sealing until \
                you pair it again with the line that init_LS.sh prints. The kit's other data sets stay as they are. \
                After an interruption, run it again to finish.

                Exit status: 0 done · 2 failed · 6 refused: another journal's kit, a file that is there, an unfit \
                passphrase · 7 no kit, no journal · 8 wrong passphrase · 64 wrong usage
                """)

        @OptionGroup var options: ConfigurationOption
        @OptionGroup var output: JSONOption
        @OptionGroup var passphrase: PassphraseOption
        @Option(help: "The recovery kit so far, which holds the root key.")
        var kit: String
        @OptionGroup var newPassphrase: NewPassphraseOption
        @Option(help: "Why, for the journal.")
        var reason: String
        @Argument(help: "The new kit.")
        var file: String

        func run() throws {
            let machine = try options.load()
            try requireReason(reason)
            let keys = AgeKeyFiles(machine.server)
            let here = try keys.read()
            var recipient = here[0].recipient
            let named = try machine.state().recipients
            if named == [recipient.description] {
                recipient = try replace(keys, machine)
            } else {
                guard here.contains(where: { named == [$0.recipient.description] }) else {
                    throw Complaint(
                        "\(machine.server.ageIdentity) lacks the key of the journal's recipient, "
                            + named.joined(separator: " "),
                        hint: "its identity is in the recovery kit: age -d KIT", .refused)
                }
                Terminal.say("finishing what was interrupted: the key file begins with the new identity")
                try keys.writeRecipient(here[0])
            }
            var journal = try machine.openJournal()
            _ = try machine.record(
                .setRecipients([recipient.description], reason: reason), in: &journal)
            journal.close()
            tell(recipient, machine)
        }

        /// The kit comes first: what is sealed to the new recipient must open after LS is lost.
        private func replace(_ keys: AgeKeyFiles, _ machine: Machine) throws -> AgeRecipient {
            let secret = try passphrase.read(prompt: "passphrase of the kit")
            let old = try KitFile(kit).open(secret)
            var section = try old.section(of: machine.dataset)
            try section.requireRoot(in: try machine.replay())
            section.add(try keys.read())
            section.mirror = machine.mirror ?? section.mirror
            let identities = try newPassphrase.use(insteadOf: secret) { try makeKit(old, section, $0, machine) }
            try keys.replace(with: identities, at: Clock.now())
            return identities[0].recipient
        }

        /// - Returns: the identities of the new kit, the new one first.
        private func makeKit(
            _ old: RecoveryKit, _ section: KitSection, _ secret: borrowing SecretBytes, _ machine: Machine
        ) throws -> [AgeIdentity] {
            var renewed = section
            if KitFile(file).isThere {
                renewed = try begun(section, secret, before: try old.section(of: section.dataset))
            } else {
                renewed.identities.insert(AgeIdentity.generate(), at: 0)
                try KitFile(file).write(try old.replacing(renewed).encrypted(with: secret, made: Clock.now()))
            }
            try machine.server.noteUnverifiedKit()
            try KitFile(file).recordWhereUnknown(machine)
            return renewed.identities
        }

        /// The section of a kit that was written before this was interrupted: what is here, and one identity before it,
        /// which may already have taken its place.
        private func begun(
            _ section: KitSection, _ secret: borrowing SecretBytes, before: KitSection
        ) throws -> KitSection {
            let isThere = Complaint("\(file) is there already", hint: "name a new file", .refused)
            guard let found = try? KitFile(file).open(secret).section(of: section.dataset), found.log == section.log,
                found.root.id == section.root.id,
                found.identities.map(\.recipient) != before.identities.map(\.recipient),
                found.identities.dropFirst().map(\.recipient)
                    == section.identities.map(\.recipient).filter({ $0 != found.identities[0].recipient })
            else { throw isThere }
            Terminal.say("continuing with the kit that was written before an interruption")
            return found
        }

        private func tell(_ recipient: AgeRecipient, _ machine: Machine) {
            Terminal.say("what is sealed from now on opens with the new key; the one before stays for what it sealed")
            Terminal.say("the new kit is \(file); copy it off this machine, then: devjournal kit verify COPY")
            Terminal.say("on each workstation: init_WS.sh --pair 'LINE', with the line that init_LS.sh prints here")
            if output.json {
                Terminal.json(["recipient": .string(recipient.description), "kit": .string(file)])
            } else {
                Terminal.data("recipient: \(recipient)")
            }
        }
    }
}

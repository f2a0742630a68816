import Age
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

struct KitCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kit", abstract: "The recovery kit: verify a copy, or make a new one from existing ones.",
        subcommands: [Verify.self, Make.self])

    struct Verify: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "verify", abstract: "Open a copy of the kit and check it against this server.",
            discussion: """
                One kit holds several data sets. This checks the section of the configuration's data set and names \
                the others: verify a copy with the configuration of each. If the kit was made for another data set, \
                and this one's journal does not know it yet, it is recorded there.
                """)

        @OptionGroup var options: ConfigurationOption
        @OptionGroup var passphrase: PassphraseOption
        @Argument(help: "The copy, best on the medium where it will stay.")
        var file: String

        func run() throws {
            let machine = try options.load()
            let bytes = try KitFile(file).read()
            let kit = try RecoveryKit(opening: bytes, with: try passphrase.read(prompt: "passphrase of the kit"))
            let section = try kit.section(of: machine.dataset)
            try section.requireSameJournal(as: machine.server, in: try machine.replay())
            if try KitFile(file).recordWhereUnknown(machine) {
                Terminal.say("recorded: the journal did not know this kit")
            }
            try removeFile(machine.server.unverifiedKit)
            Terminal.say("the kit opens, and holds the root and age keys of this journal")
            kit.tellOthers(than: section.dataset)
            Terminal.data("root fingerprint: \(section.root.id)")
        }
    }

    struct Make: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "make", abstract: "Make a new kit, with today's mirror in it, from kits that open.",
            discussion: """
                The new kit holds every data set of the kits that it is made from. Today's mirror, and age keys that \
                the old kits lack, come from the configuration's data set, whose journal records the new kit. For \
                each of the others, verify a copy with its configuration. Several kits become one. If a data set is \
                in two of them, the mirror of the kit named first counts, and they must agree on journal and root. \
                The passphrase is that of the kit named first, or with --new-passphrase-file another one. The old \
                kits still open with theirs.

                Exit status: 0 made · 2 failed · 6 refused: FILE is there, another journal's kit, kits that do not \
                agree, an unfit passphrase · 7 no kit, no journal · 8 wrong passphrase · 64 wrong usage
                """)

        @OptionGroup var options: ConfigurationOption
        @OptionGroup var passphrases: KitPassphrases
        @Option(
            help: "A kit that opens: the root keys are stored nowhere else. Repeat it to join several.")
        var from: [String]
        @OptionGroup var newPassphrase: NewPassphraseOption
        @Argument(help: "The new kit.")
        var file: String

        func validate() throws { try passphrases.requireOneEach(of: from) }

        func run() throws {
            let machine = try options.load()
            try KitFile(file).requireFree()
            let secret = try passphrases.read(0, of: from)
            var kit = try open(0, secret)
            for index in from.indices.dropFirst() {
                kit = try kit.joined(with: try open(index, try passphrases.read(index, of: from)))
            }
            var section = try kit.section(of: machine.dataset)
            let replay = try machine.replay()
            try section.requireRoot(in: replay)
            section.mirror = machine.mirror
            section.add(try AgeKeyFiles(machine.server).read())
            kit = try kit.replacing(section)
            let bytes = try newPassphrase.use(insteadOf: secret) { try kit.encrypted(with: $0, made: Clock.now()) }
            var journal = try machine.openJournal()
            try KitFile(file).write(bytes, machine, in: &journal)
            journal.close()
            kit.tellOthers(than: section.dataset)
            Terminal.exact(file)
        }

        /// Says which of them does not open.
        private func open(_ index: Int, _ secret: borrowing SecretBytes) throws -> RecoveryKit {
            do { return try KitFile(from[index]).open(secret) } catch let failure as RecoveryKit.Failure {
                guard from.count > 1 else { throw failure }
                let complaint = Complaint(failure)
                throw Complaint("\(from[index]): \(complaint.message)", hint: complaint.hint, complaint.status)
            }
        }
    }
}

/// Where the passphrases of several kits come from.
struct KitPassphrases: ParsableArguments {
    @Option(
        name: .customLong("passphrase-file"),
        help: """
            Read the passphrase from the first line of FILE (0600): once for all kits, or once for each --from, in \
            their order. Without it the terminal is asked.
            """)
    var files: [String] = []

    func requireOneEach(of kits: [String]) throws {
        guard files.count <= 1 || files.count == kits.count else {
            throw ValidationError("--passphrase-file is given \(files.count) times for \(kits.count) kits")
        }
    }

    func read(_ index: Int, of kits: [String]) throws -> SecretBytes {
        if files.isEmpty { return try PassphraseOption.read(prompt: "passphrase of \(kits[index])") }
        return try PassphraseOption.read(file: files.count == 1 ? files[0] : files[index])
    }
}

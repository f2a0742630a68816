import ArgumentParser
import JournalFormat
import Machines
import Recovery
import Sodium

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
            let root = try KitCopies(try options.load()).verify(KitFile(file), passphrase: passphrase.ofKit())
            Terminal.data("root fingerprint: \(root)")
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
            try KitCopies(try options.load()).make(
                KitFile(file), from: from.map { KitFile($0) },
                passphrase: { try passphrases.read($0, of: from) }, newPassphrase.renewed)
            Terminal.exact(file)
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

import Age
import ArgumentParser
import JournalFormat
import Machines
import Recovery

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
            let change = IdentityChange(
                try options.load(), from: KitFile(kit), to: KitFile(file), passphrase: passphrase.ofKit(),
                newPassphrase.renewed)
            let recipient = try change.run(reason: reason)
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

import ArgumentParser
import Backup
import JournalFormat
import Machines
import Recovery
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
            let loss = RootLoss(machine, kit: KitFile(kit), passphrase: passphrase.ofKit("the new kit"))
            if let reason {
                switch try loss.ask(reason, new: passphrase.new) {
                case .asked(let request, let root, let authors): return show(request, root, authors)
                case .done: break
                }
            } else {
                try loss.replace(endorsed)
            }
            try show(try machine.currentEpoch())
        }

        private func show(_ request: RootRequest, _ root: KeyID, _ authors: [Keyring.Entry]) {
            if output.json {
                Terminal.json([
                    "request": .string(request.text), "root": .string(root.description), "kit": .string(kit),
                    "size": .integer(request.replacement.baseSize),
                    "authors": .array(authors.map { .string($0.id.description) }),
                ])
                return
            }
            Terminal.say("the new kit is \(FilePath(kit)); its root's fingerprint is \(root)")
            Terminal.say("paste the line on \(Plain.list(authors.map { "\($0.name) (\($0.id))" })):")
            Terminal.say("  devjournal key endorse LINE")
            Terminal.exact(request.text)
        }

        private func show(_ now: CurrentEpoch) throws {
            guard let root = now.root else { throw EpochError.journalEmpty }
            if now.isRootReplaced {
                Terminal.warn(
                    "a machine that remembers an old root refuses this journal; on each workstation, by hand:")
                Terminal.say("  sudo init_WS.sh --pair 'LINE', with the line that sudo init_LS.sh prints here")
                Terminal.say(
                    "  or, without the scripts: devjournal replica pin --log \(now.log) --root \(root) -- COMMAND")
                Terminal.say("copy the new kit off this machine, then: devjournal kit verify COPY")
            }
            if output.json {
                var json = now.json
                json["root"] = .string(root.description)
                Terminal.json(json)
            } else {
                now.show(asJSON: false)
                Terminal.data("root fingerprint: \(root)")
            }
        }
    }
}

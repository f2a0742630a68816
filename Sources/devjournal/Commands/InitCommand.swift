import ArgumentParser
import JournalFormat
import Machines
import Recovery
import Restoring
import SystemPackage

struct InitCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Make a server: directories, keys, journal, recovery kit.",
        discussion: """
            An age key that exists already is adopted, never replaced. The root key is written to the recovery kit \
            only: keep the kit and its passphrase off this machine, then run: devjournal kit verify COPY
            Without --passphrase-file a passphrase is made and shown once. One of your own needs at least 12 \
            characters, 5 of them different.
            One kit holds several data sets: with --kit-from the new kit contains the old one and this data set, \
            under the same passphrase. The old kit stays as it is. The other data sets' journals do not know the new \
            kit yet: run kit verify with the configuration of each.
            If MIRROR is set, init checks first, with one small object, that the mirror can be reached, honours \
            conditional writes and holds nothing of this data set yet.
            If init was interrupted after it had made the journal, run the same command again to finish. It asks for \
            the passphrase of the kit that was written.

            With --succeeds the new journal continues one whose server was lost together with its recovery kit. FILE \
            holds the old journal's lines as a workstation's replica has them (cat replica/*.jsonl). Every signature \
            in them is checked under --root, the fingerprint in the workstation's replica.pin. They are kept in \
            LS_ROOT/journal/before, and the new journal's second record names them. Labels continue. No old artifact \
            can be opened, so the next one is a full one. The mirror must be another one than before.

            Exit status: 0 done · 1 the lines are damaged or forged, or another root's · 2 failed · 6 refused: a \
            journal, a kit or, in the old kit, this data set is there already; lines of another data set; a mirror \
            that holds a journal; a workstation whose server is another host; a weak passphrase; a working copy that \
            would be a mount point, or has a link in its path · 7 no such file · 8 wrong passphrase · 9 the mirror \
            cannot be reached, or does not keep conditional writes · 64 usage
            """)

    @OptionGroup var options: ConfigurationOption
    @OptionGroup var passphrase: PassphraseOption
    @OptionGroup var endpoint: EndpointOption
    @Option(help: "Where to write the recovery kit (default: LS_ROOT/tmp/recovery-kit.age).")
    var kit: String?
    @Option(help: "The kit of the existing data sets, to which this one is added.")
    var kitFrom: String?

    @Option(help: ArgumentHelp("Continue the journal whose lines are all in this file.", valueName: "file"))
    var succeeds: String?
    @Option(help: "With --succeeds: the fingerprint of that journal's root, as the workstation remembers it.")
    var root: String?
    @Option(help: "With --succeeds: a file of signed checkpoints that the workstation remembers.")
    var head: String?
    @Option(help: "With --succeeds: what happened, in one line.")
    var reason: String?

    func validate() throws {
        if succeeds == nil, root != nil || head != nil || reason != nil {
            throw ValidationError("--root, --head and --reason go with --succeeds")
        }
        if succeeds != nil, root == nil { throw ValidationError("--succeeds needs --root FINGERPRINT") }
    }

    func run() throws {
        let machine = try options.load(endpoint)
        let predecessor = succeeds.map {
            Initialisation.Succeeded(lines: FilePath($0), root: root ?? "", heads: head, reason: reason)
        }
        let initialisation = Initialisation(
            machine, kit: kit.map { KitFile($0) }, addingTo: kitFrom.map { KitFile($0) }, succeeding: predecessor,
            .init(existing: { try passphrase.read(prompt: $0) }, new: passphrase.new))
        let fingerprint = try initialisation.run {
            if machine.updatesWorktree { try machine.workingCopy().requireExchangeable() }
        }
        Terminal.data("root fingerprint: \(fingerprint)")
    }
}

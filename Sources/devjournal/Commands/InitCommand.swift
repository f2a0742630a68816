import Age
import ArgumentParser
import Backup
import Digest
import DurableFiles
import JournalFormat
import JournalStore
import ObjectStore
import RecoveryKit
import Sodium
import SystemPackage

struct InitCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Make a server: directories, keys, journal, recovery kit.",
        discussion: """
            An age key that is there is adopted, never replaced. The root key is written to the recovery kit only: \
            keep the kit and its passphrase off this machine, then run: devjournal kit verify COPY
            With --succeeds the new journal goes on for one whose server was lost together with its recovery kit. FILE \
            holds that one's lines as a workstation's replica has them (cat replica/*.jsonl); they are judged with every \
            signature under --root, the fingerprint in the workstation's replica.pin, kept in LS_ROOT/journal/before, and \
            named by the new journal's second record. Labels go on; no old artifact can be opened, so the next one is a \
            full one. The mirror must be another one than before.

            Exit status: 0 done · 1 the lines are damaged or forged, or another root's · 6 refused: a journal is here, a \
            kit of that name, lines of another data set, a mirror that holds a journal · 7 no such file · 64 usage
            """)

    @OptionGroup var options: ConfigurationOption
    @OptionGroup var passphrase: PassphraseOption
    @OptionGroup var endpoint: EndpointOption
    @Option(help: "Where to write the recovery kit (default: LS_ROOT/tmp/recovery-kit.age).")
    var kit: String?

    @Option(help: ArgumentHelp("Go on for the journal of which this file holds all lines.", valueName: "file"))
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
        let configuration = try options.load(endpoint)
        let server = configuration.server
        if try server.journal.hasRecords() { throw JournalError.exists(server.journal.path) }
        let kitPath = kit.map { FilePath($0) } ?? server.temporary.appending("recovery-kit.age")
        if pathExists(kitPath) {
            throw Complaint(
                "\(kitPath) is there already", hint: "move it away, or name another file with --kit", .refused)
        }
        guard passphrase.isGiven || Terminal.canAsk else {
            throw Complaint(
                "a new passphrase can only be shown on a terminal", hint: "give one with --passphrase-file", .usage)
        }
        try server.makeDirectories()
        let predecessor = try predecessor(configuration)
        if let mirror = configuration.mirror { _ = try configuration.newStore(mirror) }
        let identity = try AgeKeyFiles(server).adoptOrMake(at: Clock.now())
        let sequencer = try makeSequencer(server)
        let root = KeyFile.generate(.root)
        let genesis = Genesis(
            dataset: configuration.dataset, root: root, sequencer: sequencer, succeeding: predecessor?.succession,
            now: Clock.now())
        let recoveryKit = RecoveryKit(
            dataset: configuration.dataset, log: genesis.log, root: root, identities: [identity],
            mirror: configuration.mirror)
        // The kit comes first: a journal whose root key is lost could never start another epoch.
        let kitFile = try writeKit(recoveryKit, to: kitPath)
        try writeFileAtomically(server.unverifiedKit, Array("made \(Clock.now())\n".utf8))
        try predecessor?.keep(in: server.journal)
        try genesis.write(to: server.journal)
        try server.pin(root.id)
        try recordFirstEvents(configuration, recipient: identity.recipient, kitFile: kitFile)
        Terminal.say("the journal is open: \(server.journal.path)")
        predecessor?.tell()
        Terminal.say("recovery kit: \(kitPath); copy it off this machine, then: devjournal kit verify COPY")
        Terminal.data("root fingerprint: \(root.id)")
    }

    /// Judged, and refused where it must be, before anything is made that lasts.
    private func predecessor(_ configuration: Configuration) throws -> Predecessor? {
        guard let succeeds else { return nil }
        let predecessor = try Predecessor(
            FilePath(succeeds), root: root ?? "", heads: head,
            reason: reason ?? "the server and its recovery kit were lost", dataset: configuration.dataset,
            staging: configuration.server.temporary.appending("succeeds"))
        do {
            try predecessor.refuseOldIdentity(configuration.server)
            try predecessor.refuseOldMirror(configuration)
        } catch {
            try? predecessor.discard()
            throw error
        }
        return predecessor
    }

    private func makeSequencer(_ server: ServerTree) throws -> JournalKey {
        // Left by an init that was interrupted before the journal was there.
        if let key = try KeyFile.read(server.sequencerKey, role: .sequencer) { return key }
        let key = KeyFile.generate(.sequencer)
        try KeyFile.write(key, to: server.sequencerKey)
        return key
    }

    private func writeKit(_ kit: RecoveryKit, to path: FilePath) throws -> [UInt8] {
        let secret = passphrase.isGiven ? try passphrase.read(prompt: "") : makePassphrase()
        let file = try kit.encrypted(with: secret, made: Clock.now())
        try writeNewFile(path, file, permissions: [.ownerReadWrite])
        if !passphrase.isGiven {
            let shown = secret.withSpan { String(copying: $0) }
            Terminal.say("the recovery kit's passphrase, shown this once: \(shown)")
        }
        return file
    }

    private func recordFirstEvents(
        _ configuration: Configuration, recipient: AgeRecipient, kitFile: [UInt8]
    ) throws {
        var journal = try configuration.openJournal()
        _ = try configuration.record(.setRecipients([recipient.description]), in: &journal)
        _ = try configuration.record(
            .recordKit(
                sha256: SHA256.hash(kitFile.span).hex, bytes: kitFile.count, workFactor: RecoveryKit.workFactor),
            in: &journal)
        try journal.writeCheckpoint()
    }
}

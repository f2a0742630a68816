import Age
import ArgumentParser
import Backup
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
            One kit holds several data sets: with --kit-from the new kit is the old one and this data set, under the \
            same passphrase. The old kit stays as it is. The other data sets' journals do not know of the new one: run \
            kit verify with the configuration of each.

            Exit status: 0 done · 2 failed · 6 refused (a journal, a kit or, in the old kit, this data set is there \
            already) · 7 no such kit · 8 wrong passphrase · 64 usage
            """)

    @OptionGroup var options: ConfigurationOption
    @OptionGroup var passphrase: PassphraseOption
    @OptionGroup var endpoint: EndpointOption
    @Option(help: "Where to write the recovery kit (default: LS_ROOT/tmp/recovery-kit.age).")
    var kit: String?
    @Option(help: "The kit of the data sets that are there already, to which this one is added.")
    var kitFrom: String?

    func run() throws {
        let configuration = try options.load(endpoint)
        let server = configuration.server
        if try server.journal.hasRecords() { throw JournalError.exists(server.journal.path) }
        let kitPath = kit.map { FilePath($0) } ?? server.temporary.appending("recovery-kit.age")
        if pathExists(kitPath) {
            throw Complaint(
                "\(kitPath) is there already", hint: "move it away, or name another file with --kit", .refused)
        }
        let secret = try kitPassphrase()
        let old = try kitFrom.map { try KitFile($0).open(secret) }
        if let old { try old.requireNone(of: configuration.dataset) }
        try server.makeDirectories()
        if let mirror = configuration.mirror { _ = try configuration.newStore(mirror) }
        let identity = try AgeKeyFiles(server).adoptOrMake(at: Clock.now())
        let sequencer = try makeSequencer(server)
        let root = KeyFile.generate(.root)
        let genesis = Genesis(dataset: configuration.dataset, root: root, sequencer: sequencer, now: Clock.now())
        let section = KitSection(
            dataset: configuration.dataset, log: genesis.log, root: root, identities: [identity],
            mirror: configuration.mirror)
        let recoveryKit = try old?.adding(section) ?? RecoveryKit([section])
        // The kit comes first: a journal whose root key is lost could never start another epoch.
        let kitFile = try recoveryKit.encrypted(with: secret, made: Clock.now())
        try writeNewFile(kitPath, kitFile, permissions: [.ownerReadWrite])
        if isMade { show(secret) }
        try server.noteUnverifiedKit()
        try genesis.write(to: server.journal)
        try server.pin(root.id)
        try recordFirstEvents(configuration, recipient: identity.recipient, kitFile: kitFile)
        Terminal.say("the journal is open: \(server.journal.path)")
        Terminal.say("recovery kit: \(kitPath); copy it off this machine, then: devjournal kit verify COPY")
        recoveryKit.tellOthers(than: configuration.dataset)
        Terminal.data("root fingerprint: \(root.id)")
    }

    private func makeSequencer(_ server: ServerTree) throws -> JournalKey {
        // Left by an init that was interrupted before the journal was there.
        if let key = try KeyFile.read(server.sequencerKey, role: .sequencer) { return key }
        let key = KeyFile.generate(.sequencer)
        try KeyFile.write(key, to: server.sequencerKey)
        return key
    }

    /// Whether the passphrase is made and shown: a kit that is there has one.
    private var isMade: Bool { kitFrom == nil && !passphrase.isGiven }

    private func kitPassphrase() throws -> SecretBytes {
        guard isMade else { return try passphrase.read(prompt: "passphrase of the kit") }
        guard Terminal.canAsk else {
            throw Complaint(
                "a new passphrase can only be shown on a terminal", hint: "give one with --passphrase-file", .usage)
        }
        return makePassphrase()
    }

    private func show(_ passphrase: borrowing SecretBytes) {
        let shown = passphrase.withSpan { String(copying: $0) }
        Terminal.say("the recovery kit's passphrase, shown this once: \(shown)")
    }

    private func recordFirstEvents(
        _ configuration: Configuration, recipient: AgeRecipient, kitFile: [UInt8]
    ) throws {
        var journal = try configuration.openJournal()
        _ = try configuration.record(.setRecipients([recipient.description]), in: &journal)
        _ = try configuration.record(.recordKit(kitFile, workFactor: RecoveryKit.workFactor), in: &journal)
        try journal.writeCheckpoint()
    }
}

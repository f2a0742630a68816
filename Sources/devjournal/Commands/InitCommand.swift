import Age
import ArgumentParser
import Backup
import DurableFiles
import JournalFormat
import JournalStore
import Machines
import Mirror
import ObjectStore
import RecoveryKit
import Sodium
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
        let server = machine.server
        let kitFile = KitFile(kit.map { FilePath($0) } ?? server.temporary.appending("recovery-kit.age"))
        if try server.journal.hasRecords() {
            guard let begun = InterruptedInit(machine, kit: kitFile) else {
                throw JournalError.exists(server.journal.path)
            }
            return try finish(begun, machine, kitFile)
        }
        try machine.refuseWorkstation()
        if machine.updatesWorktree { try machine.workingCopy.requireExchangeable() }
        if kitFile.isThere {
            throw Complaint(
                "\(kitFile.path) is there already",
                hint: "move it away, or name another file with --kit; no journal knows it if init was interrupted",
                .refused)
        }
        let secret = try kitFrom == nil ? passphrase.readOrMake() : passphrase.read(prompt: "passphrase of the kit")
        let old = try openOld(secret, machine)
        try server.makeDirectories()
        let predecessor = try predecessor(machine)
        let mirror = try freshMirror(machine)
        let identities = try AgeKeyFiles(server).adoptOrMake(at: Clock.now())
        try mirror?.demandConditions(sealedTo: identities[0].recipient)
        let sequencer = try makeSequencer(server)
        let root = KeyFile.generate(.root)
        let genesis = Genesis(
            dataset: machine.dataset, root: root, sequencer: sequencer, succeeding: predecessor?.succession,
            now: Clock.now())
        let section = KitSection(
            dataset: machine.dataset, log: genesis.log, root: root, identities: identities,
            mirror: machine.mirror)
        let recoveryKit = try old?.adding(section) ?? RecoveryKit([section])
        let bytes = try recoveryKit.encrypted(with: secret, made: Clock.now())
        // Shown before anything depends on it.
        if kitFrom == nil, !passphrase.isGiven { PassphraseOption.show(secret, of: "the recovery kit") }
        // The kit comes first: a journal whose root key is lost could never start another epoch.
        try kitFile.write(bytes)
        try predecessor?.keep(in: server.journal)
        try genesis.write(to: server.journal)
        predecessor?.tell()
        try complete(recoveryKit, section, bytes, machine, kitFile)
    }

    private func finish(_ begun: InterruptedInit, _ machine: Machine, _ kitFile: KitFile) throws {
        try begun.requireKit()
        try begun.require(succession: succeeds != nil)
        Terminal.say("continuing the init that was interrupted")
        let secret = try passphrase.read(prompt: "passphrase of the kit that it wrote")
        let (kit, section, bytes) = try begun.open(secret, madeFrom: try openOld(secret, machine))
        try complete(kit, section, bytes, machine, kitFile)
    }

    private func openOld(_ secret: borrowing SecretBytes, _ machine: Machine) throws -> RecoveryKit? {
        guard let kitFrom else { return nil }
        let old = try KitFile(kitFrom).open(secret)
        try old.requireNone(of: machine.dataset)
        return old
    }

    /// What follows once kit and journal are there; an init that is run again begins here.
    private func complete(
        _ kit: RecoveryKit, _ section: KitSection, _ bytes: [UInt8], _ machine: Machine, _ file: KitFile
    ) throws {
        let server = machine.server
        try server.noteUnverifiedKit()
        try server.pin(section.root.id)
        var journal = try machine.openJournal()
        _ = try machine.record(
            .setRecipients([section.identities[0].recipient.description]), in: &journal)
        _ = try machine.record(.recordKit(bytes, workFactor: RecoveryKit.workFactor), in: &journal)
        try journal.writeCheckpoint()
        journal.close()
        Terminal.say("the journal is open: \(server.journal.path)")
        Terminal.say("recovery kit: \(file.path); copy it off this machine, then: devjournal kit verify COPY")
        kit.tellOthers(than: machine.dataset)
        Terminal.data("root fingerprint: \(section.root.id)")
    }

    /// Judged, and refused where it must be, before anything is made that lasts.
    private func predecessor(_ machine: Machine) throws -> Predecessor? {
        guard let succeeds else { return nil }
        let predecessor = try Predecessor(
            FilePath(succeeds), root: root ?? "", heads: head,
            reason: reason ?? "the server and its recovery kit were lost", thisMonth: machine.thisMonth(),
            staging: machine.server.temporary.appending("succeeds"))
        do {
            try predecessor.refuseOldIdentity(machine.server)
            try predecessor.refuseOldMirror(machine)
        } catch {
            try? predecessor.discard()
            throw error
        }
        return predecessor
    }

    /// Before a journal is made that no push could bring there.
    private func freshMirror(_ machine: Machine) throws -> FreshMirror? {
        guard let url = machine.mirror else { return nil }
        let mirror = FreshMirror(
            try machine.newStore(url), layout: MirrorLayout(dataset: machine.dataset))
        if let key = try mirror.occupant() {
            throw Complaint(
                "the mirror \(url) holds something of \(machine.dataset) already: \(key)",
                hint:
                    "give this journal a place of its own, such as MIRROR=\(url)/2; to bring back the journal that is there: "
                    + "devjournal rebuild --from-mirror --kit KIT", .refused)
        }
        return mirror
    }

    private func makeSequencer(_ server: ServerTree) throws -> JournalKey {
        // Left by an init that was interrupted before the journal was there.
        if let key = try KeyFile.read(server.sequencerKey, role: .sequencer) { return key }
        let key = KeyFile.generate(.sequencer)
        try KeyFile.write(key, to: server.sequencerKey)
        return key
    }
}

import Age
import Backup
import DurableFiles
package import JournalFormat
import JournalStore
package import Machines
import Mirror
import ObjectStore
import RecoveryKit
package import Sodium
package import SystemPackage

/// `init`: directories, keys, recovery kit and journal of a new server. One that was interrupted once the journal was there
/// is finished.
package struct Initialisation {
    /// The journal that the new one is to succeed, as a person names it.
    package struct Succeeded {
        package let lines: FilePath
        /// The fingerprint of a root that must vouch for the lines.
        package let root: String
        /// A file of signed checkpoints that must fit.
        package let heads: String?
        package let reason: String?

        package init(lines: FilePath, root: String, heads: String?, reason: String?) {
            self.lines = lines
            self.root = root
            self.heads = heads
            self.reason = reason
        }
    }

    package struct Passphrases {
        /// Of the kit that this one is made from, or that an interrupted init has written.
        let existing: (_ prompt: String) throws -> SecretBytes
        /// Of a new kit.
        let new: NewPassphrase

        package init(existing: @escaping (String) throws -> SecretBytes, new: NewPassphrase) {
            self.existing = existing
            self.new = new
        }
    }

    private let machine: Machine
    private let kit: KitFile
    private let oldKit: KitFile?
    private let succeeded: Succeeded?
    private let passphrases: Passphrases

    /// - Parameters:
    ///   - kit: where to write the kit (default: in `tmp`).
    ///   - oldKit: that of the data sets that are there already, to which this one is added.
    package init(
        _ machine: Machine, kit: KitFile?, addingTo oldKit: KitFile?, succeeding succeeded: Succeeded?,
        _ passphrases: Passphrases
    ) {
        self.machine = machine
        self.kit = kit ?? KitFile(machine.server.temporary.appending("recovery-kit.age"))
        self.oldKit = oldKit
        self.succeeded = succeeded
        self.passphrases = passphrases
    }

    private var server: ServerTree { machine.server }

    /// - Parameter requireFit: what else must be so on this machine before a new server is made.
    /// - Returns: the fingerprint of the journal's root.
    package func run(requireFit: () throws -> Void) throws -> KeyID {
        if try server.journal.hasRecords() {
            guard let begun = InterruptedInit(machine, kit: kit) else {
                throw JournalError.exists(server.journal.path)
            }
            return try finish(begun)
        }
        try machine.refuseWorkstation()
        try requireFit()
        if kit.isThere { throw InitError.kitThere(kit.path) }
        let secret = try oldKit == nil ? passphrases.new.make() : passphrases.existing("passphrase of the kit")
        return try make(secret, from: try openOld(secret))
    }

    private func make(_ secret: borrowing SecretBytes, from old: RecoveryKit?) throws -> KeyID {
        try server.makeDirectories()
        let predecessor = try predecessor()
        let mirror = try freshMirror()
        let identities = try AgeKeyFiles(server).adoptOrMake(at: machine.now())
        try mirror?.demandConditions(sealedTo: identities[0].recipient)
        let sequencer = try makeSequencer()
        let root = JournalKey.generate(.root)
        let genesis = Genesis(
            dataset: machine.dataset, root: root, sequencer: sequencer, followedBy: predecessor?.succession.event,
            now: machine.now())
        let section = KitSection(
            dataset: machine.dataset, log: genesis.log, root: root, identities: identities, mirror: machine.mirror)
        let recoveryKit = try old?.adding(section) ?? RecoveryKit([section])
        let bytes = try kit.bytes(of: recoveryKit, secret, machine)
        // Shown before anything depends on it.
        if oldKit == nil { passphrases.new.show(secret, "the recovery kit") }
        // The kit comes first: a journal whose root key is lost could never start another epoch.
        try kit.write(bytes)
        try predecessor?.keep(in: server.journal)
        try genesis.write(to: server.journal)
        predecessor?.tell(machine.reporter)
        return try complete(recoveryKit, section, bytes)
    }

    private func finish(_ begun: InterruptedInit) throws -> KeyID {
        try begun.requireKit()
        try begun.require(succession: succeeded != nil)
        machine.reporter.say("continuing the init that was interrupted")
        let secret = try passphrases.existing("passphrase of the kit that it wrote")
        let (kit, section, bytes) = try begun.open(secret, madeFrom: try openOld(secret))
        return try complete(kit, section, bytes)
    }

    private func openOld(_ secret: borrowing SecretBytes) throws -> RecoveryKit? {
        guard let oldKit else { return nil }
        let old = try oldKit.open(secret)
        try old.requireNone(of: machine.dataset)
        return old
    }

    /// What follows once kit and journal are there; an init that is run again begins here.
    private func complete(_ kit: RecoveryKit, _ section: KitSection, _ bytes: [UInt8]) throws -> KeyID {
        try server.noteUnverifiedKit()
        try server.pin(section.root.id)
        var journal = try machine.openJournal(.reading)
        _ = try machine.record(.setRecipients([section.identities[0].recipient.description]), in: &journal)
        try self.kit.record(bytes, machine, in: &journal)
        try journal.writeCheckpoint()
        journal.close()
        machine.reporter.say("the journal is open: \(server.journal.path)")
        machine.reporter.say(
            "recovery kit: \(self.kit.path); copy it off this machine, then: devjournal kit verify COPY")
        kit.tellOthers(than: machine.dataset, machine.reporter)
        return section.root.id
    }

    /// Judged, and refused where it must be, before anything is made that lasts.
    private func predecessor() throws -> Predecessor? {
        guard let succeeded else { return nil }
        let predecessor = try Predecessor(
            succeeded.lines, root: succeeded.root, heads: succeeded.heads,
            reason: succeeded.reason ?? "the server and its recovery kit were lost", thisMonth: machine.thisMonth(),
            staging: server.temporary.appending("succeeds"))
        do {
            try predecessor.refuseOldIdentity(server)
            try predecessor.refuseOldMirror(machine)
        } catch {
            try? predecessor.discard()
            throw error
        }
        return predecessor
    }

    /// Before a journal is made that no push could bring there.
    private func freshMirror() throws -> FreshMirror? {
        guard let url = machine.mirror else { return nil }
        let mirror = FreshMirror(try machine.newStore(url), layout: MirrorLayout(dataset: machine.dataset))
        if let key = try mirror.occupant() {
            throw InitError.mirrorOccupied(url, dataset: machine.dataset, by: "\(key)")
        }
        return mirror
    }

    private func makeSequencer() throws -> JournalKey {
        // Left by an init that was interrupted before the journal was there.
        if let key = try KeyFile.read(server.sequencerKey, role: .sequencer) { return key }
        let key = JournalKey.generate(.sequencer)
        try KeyFile.write(key, to: server.sequencerKey)
        return key
    }
}

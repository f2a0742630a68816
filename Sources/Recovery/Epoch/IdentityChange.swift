package import Age
import Backup
import JournalFormat
import JournalStore
package import Machines
import RecoveryKit
package import Sodium

/// `key new-identity`: another age key, for where others may know the one so far. It can be run again where it was
/// interrupted.
package struct IdentityChange {
    private let machine: Machine
    private let kit: KitFile
    private let file: KitFile
    private let passphrase: () throws -> SecretBytes
    private let renewed: RenewedPassphrase

    /// - Parameters:
    ///   - kit: the one so far, which opens with `passphrase`.
    ///   - file: the new one.
    package init(
        _ machine: Machine, from kit: KitFile, to file: KitFile, passphrase: @escaping () throws -> SecretBytes,
        _ renewed: RenewedPassphrase
    ) {
        self.machine = machine
        self.kit = kit
        self.file = file
        self.passphrase = passphrase
        self.renewed = renewed
    }

    /// - Returns: whom is sealed to from now on.
    package func run(reason: String) throws -> AgeRecipient {
        try EpochError.requireFit(reason: reason)
        let keys = AgeKeyFiles(machine.server)
        let here = try keys.read()
        var recipient = here[0].recipient
        let named = try machine.state().recipients
        if named == [recipient.description] {
            recipient = try replace(keys)
        } else {
            guard here.contains(where: { named == [$0.recipient.description] }) else {
                throw IdentityError.recipientsKeyMissing(machine.server.ageIdentity, named)
            }
            machine.reporter.say("finishing what was interrupted: the key file begins with the new identity")
            try keys.writeRecipient(here[0])
        }
        var journal = try machine.openJournal(.reading)
        _ = try machine.record(.setRecipients([recipient.description], reason: reason), in: &journal)
        journal.close()
        return recipient
    }

    /// The kit comes first: what is sealed to the new recipient must open after LS is lost.
    private func replace(_ keys: AgeKeyFiles) throws -> AgeRecipient {
        let secret = try passphrase()
        let old = try kit.open(secret)
        var section = try old.section(of: machine.dataset)
        try section.requireRoot(in: try machine.replay())
        section.add(try keys.read())
        section.mirror = machine.mirror ?? section.mirror
        let identities = try renewed.use(insteadOf: secret) { try makeKit(old, section, $0) }
        try keys.replace(with: identities, at: machine.now())
        return identities[0].recipient
    }

    /// - Returns: the identities of the new kit, the new one first.
    private func makeKit(
        _ old: RecoveryKit, _ section: KitSection, _ secret: borrowing SecretBytes
    ) throws -> [AgeIdentity] {
        var renewed = section
        if file.isThere {
            renewed = try begun(section, secret, before: try old.section(of: section.dataset))
        } else {
            renewed.identities.insert(AgeIdentity.generate(), at: 0)
            try file.write(try file.bytes(of: try old.replacing(renewed), secret, machine))
        }
        try machine.server.noteUnverifiedKit()
        try file.recordWhereUnknown(machine)
        return renewed.identities
    }

    /// The section of a kit that was written before this was interrupted: what is here, and one identity before it,
    /// which may already have taken its place.
    private func begun(
        _ section: KitSection, _ secret: borrowing SecretBytes, before: KitSection
    ) throws -> KitSection {
        guard let found = try? file.open(secret).section(of: section.dataset), found.log == section.log,
            found.root.id == section.root.id,
            found.identities.map(\.recipient) != before.identities.map(\.recipient),
            found.identities.dropFirst().map(\.recipient)
                == section.identities.map(\.recipient).filter({ $0 != found.identities[0].recipient })
        else { throw KitError.fileThere(file.path) }
        machine.reporter.say("continuing with the kit that was written before an interruption")
        return found
    }
}

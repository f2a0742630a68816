import DurableFiles
package import JournalFormat
import JournalStore
package import Machines
import RecoveryKit
package import Sodium
import SystemPackage

/// `kit verify`, `kit make`: kits of a journal that continues.
package struct KitCopies {
    private let machine: Machine

    package init(_ machine: Machine) {
        self.machine = machine
    }

    /// Checks a copy against this server. From then on a verified copy is known to be outside it.
    ///
    /// - Returns: the fingerprint of the root in it.
    package func verify(_ file: KitFile, passphrase: () throws -> SecretBytes) throws -> KeyID {
        let bytes = try file.read()
        let kit = try RecoveryKit(opening: bytes, with: try passphrase())
        let section = try kit.section(of: machine.dataset)
        try section.requireSameJournal(as: machine.server, in: try machine.replay())
        if try file.recordWhereUnknown(machine) {
            machine.reporter.say("recorded: the journal did not know this kit")
        }
        try removeFile(machine.server.unverifiedKit)
        machine.reporter.say("the kit opens, and holds the root and age keys of this journal")
        kit.tellOthers(than: section.dataset, machine.reporter)
        return section.root.id
    }

    /// Makes a new kit, with today's mirror in it, from those that open.
    ///
    /// - Parameters:
    ///   - kits: at least one.
    ///   - passphrase: of each, by its number.
    ///   - renewed: of the new one, instead of the first one's.
    package func make(
        _ file: KitFile, from kits: [KitFile], passphrase: (Int) throws -> SecretBytes, _ renewed: RenewedPassphrase
    ) throws {
        try file.requireFree()
        let isOne = kits.count == 1
        let secret = try passphrase(0)
        var kit = try Self.open(kits[0], secret, isOne: isOne)
        for index in kits.indices.dropFirst() {
            kit = try kit.joined(with: try Self.open(kits[index], try passphrase(index), isOne: isOne))
        }
        var section = try kit.section(of: machine.dataset)
        try section.requireRoot(in: try machine.replay())
        section.mirror = machine.mirror
        section.add(try AgeKeyFiles(machine.server).read())
        kit = try kit.replacing(section)
        let bytes = try renewed.use(insteadOf: secret) { try file.bytes(of: kit, $0, machine) }
        var journal = try machine.openJournal(.reading)
        try file.write(bytes, machine, in: &journal)
        journal.close()
        kit.tellOthers(than: section.dataset, machine.reporter)
    }

    /// Says which of them does not open.
    private static func open(
        _ file: KitFile, _ secret: borrowing SecretBytes, isOne: Bool
    ) throws -> RecoveryKit {
        do { return try file.open(secret) } catch let failure as RecoveryKit.OpeningError {
            if isOne { throw failure }
            throw KitError.notOpened(
                file.path, failure.description,
                hint: failure.isWrongPassphrase ? "the passphrase was shown when the kit was made" : nil)
        }
    }
}

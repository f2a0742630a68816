import Age
import Backup
import Digest
import DurableFiles
package import JournalFormat
import JournalStore
package import Machines
package import RecoveryKit
package import Sodium
import SystemPackage

/// The new kit of `key replace-root`. The root key is in it and nowhere else, so it comes before everything.
package enum RootOfKit {
    /// A kit that an earlier run has made.
    package static func open(
        _ file: KitFile, _ secret: borrowing SecretBytes, _ machine: Machine
    ) throws -> KitSection {
        let section = try file.open(secret).section(of: machine.dataset)
        guard try machine.replay().verifier.log == section.log else {
            throw KitError.fileOfOtherJournal(file.path)
        }
        return section
    }

    /// Makes a root key and the kit that holds it.
    package static func make(
        _ file: KitFile, _ passphrase: NewPassphrase, _ machine: Machine
    ) throws -> JournalKey {
        let secret = try passphrase.make()
        guard let log = try machine.replay().verifier.log else {
            throw KitError.journalEmpty
        }
        let root = JournalKey.generate(.root)
        let section = KitSection(
            dataset: machine.dataset, log: log, root: root,
            identities: try AgeKeyFiles(machine.server).read(), mirror: machine.mirror)
        let bytes = try file.bytes(of: try RecoveryKit([section]), secret, machine)
        // Before the file: one whose passphrase nobody has seen would be in the way.
        passphrase.show(secret, "the new kit")
        try file.write(bytes)
        return root
    }

    /// Records the kit, where it was not, and asks for the new root at the journal's end.
    package static func request(
        _ root: JournalKey, kit file: KitFile, _ reason: String, _ machine: Machine
    ) throws -> RootRequest {
        let bytes = try file.read()
        let sha256 = SHA256.hash(bytes.span).hex
        var isRecorded = false
        _ = try machine.replay { record, _ in
            if record.event.isOf(.kitMade), record.event.data["sha256"]?.string == sha256 { isRecorded = true }
        }
        var journal = try machine.openJournal(.reading)
        if !isRecorded {
            try machine.server.noteUnverifiedKit()
            try file.record(bytes, machine, in: &journal)
        }
        let head = try journal.writeCheckpoint().checkpoint
        return RootRequest(
            log: head.log,
            replacement: RootReplacement(
                root: root.publicKey, baseSize: head.size, baseHead: head.head, reason: reason),
            proof: ProofOfPossession.make(root.key, log: head.log, role: .root))
    }
}

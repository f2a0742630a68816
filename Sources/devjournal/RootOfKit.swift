import Age
import Backup
import Digest
import DurableFiles
import JournalFormat
import JournalStore
import RecoveryKit
import Sodium
import SystemPackage

/// The new kit of `key replace-root`. The root key is in it and nowhere else, so it comes before everything.
enum RootOfKit {
    /// A kit that an earlier run has made.
    static func open(
        _ file: KitFile, _ secret: borrowing SecretBytes, _ configuration: Configuration
    ) throws -> KitSection {
        let section = try file.open(secret).section(of: configuration.dataset)
        guard try configuration.replay().verifier.log == section.log else {
            throw Complaint(
                "\(file.path) is the kit of another journal", hint: "name a file that is not there", .refused)
        }
        return section
    }

    /// Makes a root key and the kit that holds it.
    static func make(
        _ file: KitFile, _ passphrase: PassphraseOption, _ configuration: Configuration
    ) throws -> JournalKey {
        let secret = try passphrase.readOrMake()
        guard let log = try configuration.replay().verifier.log else {
            throw Complaint("the journal is empty", .damaged)
        }
        let root = KeyFile.generate(.root)
        let section = KitSection(
            dataset: configuration.dataset, log: log, root: root,
            identities: try AgeKeyFiles(configuration.server).read(), mirror: configuration.mirror)
        let bytes = try RecoveryKit([section]).encrypted(with: secret, made: Clock.now())
        // Before the file: one whose passphrase nobody has seen would be in the way.
        if !passphrase.isGiven { PassphraseOption.show(secret, of: "the new kit") }
        try file.write(bytes)
        return root
    }

    /// Records the kit, where it was not, and asks for the new root at the journal's end.
    static func request(
        _ root: JournalKey, kit file: KitFile, _ reason: String, _ configuration: Configuration
    ) throws -> RootRequest {
        let bytes = try file.read()
        let sha256 = SHA256.hash(bytes.span).hex
        var isRecorded = false
        _ = try configuration.replay { record, _ in
            if record.event.isOf(.kitMade), record.event.data["sha256"]?.string == sha256 { isRecorded = true }
        }
        var journal = try configuration.openJournal()
        if !isRecorded {
            try configuration.server.noteUnverifiedKit()
            _ = try configuration.record(.recordKit(bytes, workFactor: RecoveryKit.workFactor), in: &journal)
        }
        let head = try journal.writeCheckpoint().checkpoint
        return RootRequest(
            log: head.log,
            replacement: RootReplacement(
                root: root.publicKey, baseSize: head.size, baseHead: head.head, reason: reason),
            proof: ProofOfPossession.make(root.key, log: head.log, role: .root))
    }
}

import Age
import ArgumentParser
import Backup
import Digest
import DurableFiles
import JournalFormat
import JournalStore
import RecoveryKit
import SystemPackage

struct KitCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kit", abstract: "The recovery kit: verify a copy, or make a new one from an old one.",
        subcommands: [Verify.self, Make.self])

    struct Verify: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "verify", abstract: "Open a copy of the kit and hold it against this server.")

        @OptionGroup var options: ConfigurationOption
        @OptionGroup var passphrase: PassphraseOption
        @Argument(help: "The copy, best on the medium where it will stay.")
        var file: String

        func run() throws {
            let configuration = try options.load()
            let kit = try RecoveryKit(
                opening: try readFile(FilePath(file), limit: 1 << 20),
                with: try passphrase.read(prompt: "passphrase of the kit"))
            try kit.requireSameJournal(as: configuration)
            try removeFile(configuration.server.unverifiedKit)
            Terminal.say("the kit opens, and holds the root and age keys of this journal")
            Terminal.data("root fingerprint: \(kit.root.id)")
        }
    }

    struct Make: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "make", abstract: "Make a new kit, with today's mirror in it, from one that opens.",
            discussion: "The passphrase stays the same.")

        @OptionGroup var options: ConfigurationOption
        @OptionGroup var passphrase: PassphraseOption
        @Option(help: "A kit that opens: the root key is nowhere else.")
        var from: String
        @Argument(help: "The new kit.")
        var file: String

        func run() throws {
            let configuration = try options.load()
            let secret = try passphrase.read(prompt: "passphrase of the kit")
            let old = try RecoveryKit(opening: try readFile(FilePath(from), limit: 1 << 20), with: secret)
            try old.requireSameJournal(as: configuration)
            let kit = RecoveryKit(
                dataset: old.dataset, log: old.log, root: old.root, identities: old.identities,
                mirror: configuration.mirror)
            let bytes = try kit.encrypted(with: secret, made: Clock.now())
            var journal = try configuration.openJournal()
            try writeNewFile(FilePath(file), bytes, permissions: [.ownerReadWrite])
            try writeFileAtomically(configuration.server.unverifiedKit, Array("made \(Clock.now())\n".utf8))
            _ = try configuration.record(
                .recordKit(
                    sha256: SHA256.hash(bytes.span).hex, bytes: bytes.count, workFactor: RecoveryKit.workFactor),
                in: &journal)
            Terminal.data(file)
        }
    }
}

extension RecoveryKit {
    /// A kit of another journal, or with a root that was replaced, can sign nothing here.
    func requireRoot(of configuration: Configuration) throws {
        let replay = try configuration.replay()
        guard replay.verifier.log == log else { throw Complaint("the kit belongs to another journal", .refused) }
        guard let entry = replay.verifier.keyring[root.id], entry.role == .root else {
            throw Complaint(
                "the journal does not know the kit's root key",
                hint: "one that devjournal key replace-root made counts when that is finished", .refused)
        }
        if let seq = entry.retiredAt {
            throw Complaint(
                "the kit's root key was retired by record \(seq)", hint: "use the kit that was made then", .refused)
        }
    }

    /// A kit of another journal, or with another age key than the server's, would not bring this server back.
    fileprivate func requireSameJournal(as configuration: Configuration) throws {
        try requireRoot(of: configuration)
        let here = try AgeKeyFiles(configuration.server).read().map(\.recipient)
        guard here.allSatisfy({ recipient in identities.contains { $0.recipient == recipient } }) else {
            throw Complaint(
                "the kit lacks this server's age key", hint: "devjournal kit make makes a new one", .refused)
        }
    }
}

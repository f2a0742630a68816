import Age
package import Backup
import Digest
import DurableFiles
import JournalFormat
package import JournalStore
package import Machines
package import RecoveryKit
package import Sodium
package import SystemPackage

/// A file that is a recovery kit, or is to become one.
package struct KitFile {
    package let path: FilePath

    /// What guessing its passphrase costs, where it is made: scrypt's 2^N.
    private let workFactor: Int

    package init(_ path: String) { self.init(FilePath(path)) }
    package init(_ path: FilePath, workFactor: Int = RecoveryKit.workFactor) {
        self.path = path
        self.workFactor = workFactor
    }

    package func read() throws -> [UInt8] {
        try Account.asCaller { try readFile(path, limit: 1 << 20, followsLinks: true) }
    }

    package func open(_ passphrase: borrowing SecretBytes) throws -> RecoveryKit {
        try RecoveryKit(opening: try read(), with: passphrase)
    }

    /// What is to be written as that kit.
    func bytes(of kit: RecoveryKit, _ passphrase: borrowing SecretBytes, _ machine: Machine) throws -> [UInt8] {
        try kit.encrypted(with: passphrase, made: machine.now(), workFactor: workFactor)
    }

    /// Opens it to sign for this server's journal.
    func open(
        _ passphrase: borrowing SecretBytes, of machine: Machine
    ) throws -> (kit: RecoveryKit, section: KitSection) {
        let kit = try open(passphrase)
        let section = try kit.section(of: machine.dataset)
        try section.requireRoot(in: try machine.replay())
        return (kit, section)
    }

    package var isThere: Bool { Account.asCaller { pathExists(path) } }

    /// A kit is never written over: the file there may be the only one that opens.
    package func requireFree() throws {
        guard isThere else { return }
        throw KitError.fileThere(path)
    }

    package func write(_ bytes: [UInt8]) throws {
        try Account.asCaller { try writeNewFile(path, bytes, permissions: [.ownerReadWrite]) }
    }

    /// Writes a new kit, notes that no copy of it was verified, and records it in the journal.
    package func write(_ bytes: [UInt8], _ machine: Machine, in journal: inout Journal) throws {
        try write(bytes)
        try machine.server.noteUnverifiedKit()
        try record(bytes, machine, in: &journal)
    }

    func record(_ bytes: [UInt8], _ machine: Machine, in journal: inout Journal) throws {
        _ = try machine.record(.recordKit(bytes, workFactor: workFactor), in: &journal)
    }

    /// Records a kit that was made for another data set, or by a command that was interrupted then.
    ///
    /// - Returns: whether the journal did not know of it.
    @discardableResult
    package func recordWhereUnknown(_ machine: Machine) throws -> Bool {
        let bytes = try read()
        let hash = JSONValue.string(SHA256.hash(bytes.span).hex)
        var isKnown = false
        _ = try machine.replay { record, _ in
            if record.event.isOf(.kitMade), record.event.data["sha256"] == hash { isKnown = true }
        }
        guard !isKnown, let workFactor = AgeFile.workFactor(bytes.span) else { return false }
        var journal = try machine.openJournal(.reading)
        _ = try machine.record(.recordKit(bytes, workFactor: workFactor), in: &journal)
        return true
    }
}

extension Command {
    package static func recordKit(_ bytes: [UInt8], workFactor: Int) -> Command {
        .recordKit(sha256: SHA256.hash(bytes.span).hex, bytes: bytes.count, workFactor: workFactor)
    }
}

extension ServerTree {
    package func noteUnverifiedKit() throws {
        try writeFileAtomically(unverifiedKit, Array("made \(effects.clock.now())\n".utf8))
    }
}

extension RecoveryKit {
    /// Says what a person has to do for the data sets besides this one, whose journals do not know of the kit yet.
    package func tellOthers(than dataset: String, _ reporter: any Reporter) {
        let others = sections.filter { $0.dataset != dataset }
        guard !others.isEmpty else { return }
        for other in others { reporter.say("also in the kit: data set \(other.dataset), journal \(other.log)") }
        reporter.say("for each of these too: devjournal kit verify COPY --config /etc/devjournal/DATASET.conf")
    }
}

extension KitSection {
    /// One of another journal, or with a root that was replaced, can sign nothing here.
    package func requireRoot(in replay: borrowing Replay) throws {
        guard replay.verifier.log == log else { throw KitError.otherJournal }
        guard let entry = replay.verifier.keyring[root.id], entry.role == .root else {
            throw KitError.rootUnknown
        }
        if let seq = entry.retiredAt { throw KitError.rootRetired(by: seq) }
    }

    /// One of another journal, or with another age key than the server's, would not bring this server back.
    package func requireSameJournal(as server: ServerTree, in replay: borrowing Replay) throws {
        try requireRoot(in: replay)
        let here = try AgeKeyFiles(server).read().map(\.recipient)
        guard here.allSatisfy({ recipient in identities.contains { $0.recipient == recipient } }) else {
            throw KitError.ageKeyMissing
        }
    }
}

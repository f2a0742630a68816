import Age
import Backup
import Digest
import DurableFiles
import JournalFormat
import JournalStore
import RecoveryKit
import Sodium
import SystemPackage

/// A file that is a recovery kit, or is to become one.
struct KitFile {
    let path: FilePath

    init(_ path: String) { self.path = FilePath(path) }
    init(_ path: FilePath) { self.path = path }

    func read() throws -> [UInt8] {
        try Account.asCaller { try readFile(path, limit: 1 << 20, followsLinks: true) }
    }

    func open(_ passphrase: borrowing SecretBytes) throws -> RecoveryKit {
        try RecoveryKit(opening: try read(), with: passphrase)
    }

    var isThere: Bool { Account.asCaller { pathExists(path) } }

    /// A kit is never written over: the file there may be the only one that opens.
    func requireFree() throws {
        guard isThere else { return }
        throw Complaint("\(path) is there already", hint: "name a file that is not", .refused)
    }

    func write(_ bytes: [UInt8]) throws {
        try Account.asCaller { try writeNewFile(path, bytes, permissions: [.ownerReadWrite]) }
    }

    /// Writes a new kit, notes that no copy of it was verified, and records it in the journal.
    func write(_ bytes: [UInt8], _ configuration: Configuration, in journal: inout Journal) throws {
        try write(bytes)
        try configuration.server.noteUnverifiedKit()
        _ = try configuration.record(.recordKit(bytes, workFactor: RecoveryKit.workFactor), in: &journal)
    }

    /// Records a kit that was made for another data set, or by a command that was interrupted then.
    ///
    /// - Returns: whether the journal did not know of it.
    @discardableResult
    func recordWhereUnknown(_ configuration: Configuration) throws -> Bool {
        let bytes = try read()
        let hash = JSONValue.string(SHA256.hash(bytes.span).hex)
        var isKnown = false
        _ = try configuration.replay { record, _ in
            if record.event.isOf(.kitMade), record.event.data["sha256"] == hash { isKnown = true }
        }
        guard !isKnown, let workFactor = AgeFile.workFactor(bytes.span) else { return false }
        var journal = try configuration.openJournal()
        _ = try configuration.record(.recordKit(bytes, workFactor: workFactor), in: &journal)
        return true
    }
}

extension Command {
    static func recordKit(_ bytes: [UInt8], workFactor: Int) -> Command {
        .recordKit(sha256: SHA256.hash(bytes.span).hex, bytes: bytes.count, workFactor: workFactor)
    }
}

extension ServerTree {
    func noteUnverifiedKit() throws {
        try writeFileAtomically(unverifiedKit, Array("made \(Clock.now())\n".utf8))
    }
}

extension RecoveryKit {
    /// Says what a person has to do for the data sets beside this one, whose journals do not know of the kit yet.
    func tellOthers(than dataset: String) {
        let others = sections.filter { $0.dataset != dataset }
        guard !others.isEmpty else { return }
        for other in others { Terminal.say("also in the kit: data set \(other.dataset), journal \(other.log)") }
        Terminal.say("for each of these too: devjournal kit verify COPY --config /etc/devjournal/DATASET.conf")
    }
}

extension KitSection {
    /// One of another journal, or with a root that was replaced, can sign nothing here.
    func requireRoot(in replay: borrowing Replay) throws {
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

    /// One of another journal, or with another age key than the server's, would not bring this server back.
    func requireSameJournal(as server: ServerTree, in replay: borrowing Replay) throws {
        try requireRoot(in: replay)
        let here = try AgeKeyFiles(server).read().map(\.recipient)
        guard here.allSatisfy({ recipient in identities.contains { $0.recipient == recipient } }) else {
            throw Complaint(
                "the kit lacks this server's age key",
                hint: "devjournal kit make --from KIT NEW makes one that has it, from this kit too", .refused)
        }
    }
}

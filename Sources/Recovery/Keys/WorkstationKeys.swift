import Backup
import DurableFiles
package import JournalFormat
import JournalStore
package import Machines
import SystemPackage

/// The keys of workstations: made there, enrolled and retired on the server.
package struct WorkstationKeys {
    private let machine: Machine

    package init(_ machine: Machine) {
        self.machine = machine
    }

    /// Makes this workstation's key, where it has none yet.
    ///
    /// - Returns: what asks the server to enrol it; nil where no journal is known here.
    package func make() throws -> (key: KeyID, request: EnrolmentRequest)? {
        // A workstation apart from the server knows the journal by what was pinned.
        let pinned = try Workstation.pin(machine)?.log
        guard let log = try pinned ?? machine.replay().verifier.log else { return nil }
        try makeDirectories(machine.workstationState, permissions: 0o700)
        let path = machine.workstationState.appending("author.key")
        let key: JournalKey
        if let existing = try machine.authorKey() {
            key = existing
            machine.reporter.say("the key is there already: \(path)")
        } else {
            key = JournalKey.generate(.author)
            try KeyFile.write(key, to: path)
        }
        return (key.id, EnrolmentRequest(key, log: log))
    }

    /// Lets a key sign events. Changes nothing where it may already.
    ///
    /// - Parameter request: the line that a workstation has printed.
    package func enrol(_ request: String, name: String) throws -> KeyID {
        guard let request = EnrolmentRequest(request) else { throw KeyError.notARequest }
        guard !name.isEmpty, name.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }), name.utf8.count <= 32 else {
            throw KeyError.unfitName
        }
        var journal = try machine.openJournal(.reading)
        guard request.log == journal.log else { throw KeyError.requestOfOtherJournal }
        let id = KeyID(request.key, role: .author)
        if let known = journal.replay.verifier.keyring[id] {
            guard known.retiredAt == nil else { throw KeyError.wasRetired }
            machine.reporter.say("\(known.name) is enrolled already; nothing changed")
        } else {
            guard ProofOfPossession.isValid(request.proof, by: request.key, log: request.log, role: .author)
            else { throw KeyError.notProven }
            let event = KeyEvent.keyEnrolled(
                role: KeyRole.author.rawValue, key: request.key, name: name, proof: request.proof)
            _ = try machine.record(.changeKeys(event), in: &journal)
        }
        journal.close()
        return id
    }

    package struct Retired: Sendable {
        /// The key as it was before.
        package let entry: Keyring.Entry
        /// The record that retired it.
        package let record: Int
        package var isNew: Bool { entry.retiredAt == nil }
    }

    /// Retires a key: it signs nothing any more. The journal's lock is free again when this returns, so that anybody
    /// who comes later finds the key retired.
    ///
    /// - Parameter key: its id, or its name where only one active key has it.
    package func retire(_ key: String, reason: String) throws -> Retired {
        try EpochError.requireFit(reason: reason)
        var journal = try machine.openJournal(.reading)
        let entry = try Self.find(key, in: journal.replay.verifier.keyring)
        if let seq = entry.retiredAt {
            machine.reporter.say("\(entry.name) was retired by record \(seq); nothing changed")
            return Retired(entry: entry, record: seq)
        }
        let event = KeyEvent.keyRetired(entry.id, reason: reason)
        // The key is retired whatever becomes of the projections, and its sessions are still to be ended.
        let receipts = try machine.append(.changeKeys(event), in: &journal)
        machine.writeProjectionsOrWarn(ofRecorded: journal)
        journal.close()
        machine.reporter.say("\(entry.name) is retired by record \(receipts[0].seq)")
        return Retired(entry: entry, record: receipts[0].seq)
    }

    static func find(_ key: String, in keyring: Keyring) throws(KeyError) -> Keyring.Entry {
        if let id = KeyID(key), let entry = keyring[id] {
            switch entry.role {
            case .author: return entry
            case .sequencer: throw .isSequencer(id)
            case .root: throw .isRoot(id)
            }
        }
        let named = keyring.inOrder.filter { $0.role == .author && $0.name == key }
        let active = named.filter { $0.retiredAt == nil }
        if active.count > 1 { throw .ambiguous(key, count: active.count) }
        guard let entry = active.first ?? named.last else { throw .noneCalled(key) }
        return entry
    }
}

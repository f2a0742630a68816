package import JournalFormat
import JournalStore
package import Machines
import RecoveryKit
package import Sodium

/// The epoch that a server's journal is in.
package struct CurrentEpoch: Sendable, Equatable {
    package let log: EventID
    package let epoch: Int
    package let sequencer: KeyID
    /// The one that is pinned here.
    package let root: KeyID?
    /// Whether that took the place of others which had not agreed.
    package let isRootReplaced: Bool
}

extension Machine {
    package func currentEpoch() throws -> CurrentEpoch {
        let replay = try replay()
        guard let log = replay.verifier.log, let sequencer = replay.verifier.keyring.sequencer else {
            throw EpochError.journalEmpty
        }
        let root = try server.pinnedRoot() ?? replay.verifier.keyring.active(.root).last?.id
        return CurrentEpoch(
            log: log, epoch: replay.verifier.epoch, sequencer: sequencer, root: root,
            isRootReplaced: replay.verifier.replacements.contains { $0.root == root })
    }
}

/// New epochs that the root of a kit starts: a new sequencer key, and with it perhaps a new root.
package struct EpochChange {
    private let machine: Machine
    private let kit: KitFile
    private let passphrase: () throws -> SecretBytes

    /// - Parameter kit: holds the root key so far.
    package init(_ machine: Machine, kit: KitFile, passphrase: @escaping () throws -> SecretBytes) {
        self.machine = machine
        self.kit = kit
        self.passphrase = passphrase
    }

    /// `key rotate`. One that was interrupted is finished instead.
    package func changeSequencer(reason: String) throws {
        try EpochError.requireFit(reason: reason)
        let rotation = KeyRotation(machine)
        if try rotation.resume() { return }
        let root = try kit.open(try passphrase(), of: machine).section.root
        try rotation.run(root: root.id) { replay, _, next in
            try EpochStart.make(&replay, root: root, sequencer: next, reason: reason, now: machine.now())
        }
    }

    /// `key new-root`. One that was interrupted is finished instead.
    ///
    /// - Parameter file: the new kit.
    /// - Returns: whether the new kit was made.
    package func changeRoot(reason: String, to file: KitFile, _ renewed: RenewedPassphrase) throws -> Bool {
        try EpochError.requireFit(reason: reason)
        let rotation = KeyRotation(machine)
        if try rotation.resume() {
            machine.reporter.say("to replace the root once more, run this again")
            return false
        }
        let secret = try passphrase()
        let (old, section) = try kit.open(secret, of: machine)
        let root = JournalKey.generate(.root)
        var changed = section
        changed.root = root
        changed.mirror = machine.mirror ?? section.mirror
        let new = try old.replacing(changed)
        // The kit comes first: a journal whose root key is lost could never start another epoch.
        try file.requireFree()
        let bytes = try renewed.use(insteadOf: secret) { try file.bytes(of: new, $0, machine) }
        try record(bytes, as: file)
        try rotation.run(root: root.id) { replay, current, next in
            try EpochStart.make(
                &replay, replacing: section.root, by: root, current: current, sequencer: next, reason: reason,
                now: machine.now())
        }
        machine.reporter.say("the new kit is \(file.path); copy it off this machine, then: devjournal kit verify COPY")
        new.tellOthers(than: machine.dataset, machine.reporter)
        return true
    }

    /// The journal is closed again before the epoch begins.
    private func record(_ bytes: [UInt8], as file: KitFile) throws {
        var journal = try machine.openJournal(.reading)
        try file.write(bytes, machine, in: &journal)
    }
}

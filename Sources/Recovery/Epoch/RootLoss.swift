import Backup
package import JournalFormat
import JournalStore
package import Machines
import RecoveryKit
package import Sodium

/// `key replace-root`: the kit or its passphrase is lost, and the server lives. Two steps, each of which can be run again:
/// `ask` makes a kit and the line that every workstation endorses, `replace` puts the new root in the place of the old.
package struct RootLoss {
    private let machine: Machine
    private let kit: KitFile
    private let passphrase: () throws -> SecretBytes

    /// - Parameters:
    ///   - kit: the new one.
    ///   - passphrase: that of the new kit, where it is there already.
    package init(_ machine: Machine, kit: KitFile, passphrase: @escaping () throws -> SecretBytes) {
        self.machine = machine
        self.kit = kit
        self.passphrase = passphrase
    }

    package enum Step {
        /// The new root is the journal's, since now or before.
        case done
        case asked(RootRequest, root: KeyID, authors: [Keyring.Entry])
    }

    /// - Parameter new: the passphrase of the kit, where it is made now.
    package func ask(_ reason: String, new: NewPassphrase) throws -> Step {
        if try KeyRotation(machine).resume() { return .done }
        try EpochError.requireFit(reason: reason)
        let authors = try machine.replay().verifier.keyring.active(.author)
        guard !authors.isEmpty else { throw EpochError.nobodyToEndorse }
        let root: JournalKey
        if kit.isThere {
            root = try RootOfKit.open(kit, try passphrase(), machine).root
            if try isDone(root.id) { return .done }
        } else {
            root = try RootOfKit.make(kit, new, machine)
        }
        let request = try RootOfKit.request(root, kit: kit, reason, machine)
        return .asked(request, root: root.id, authors: authors)
    }

    /// - Parameter endorsed: the lines that the workstations gave back.
    package func replace(_ endorsed: [String]) throws {
        let rotation = KeyRotation(machine)
        if try rotation.resume() { return }
        let given = try Endorsements(endorsed)
        let root = try RootOfKit.open(kit, try passphrase(), machine).root
        guard root.publicKey == given.replacement.root else {
            throw EpochError.otherRootEndorsed(KeyID(given.replacement.root, role: .root))
        }
        if try isDone(root.id) { return }
        try rotation.run(root: root.id) { replay, current, next in
            try EpochStart.make(
                &replay, given.replacement, by: root, endorsements: try given.inOrder(of: replay),
                current: current, sequencer: next, now: machine.now())
        }
    }

    private func isDone(_ root: KeyID) throws -> Bool {
        guard let entry = try machine.replay().verifier.keyring[root] else { return false }
        guard entry.role == .root, entry.retiredAt == nil else { throw EpochError.kitRetired }
        machine.reporter.say(
            "the root of \(kit.path) has been this journal's since record \(entry.enrolledAt); nothing changed")
        return true
    }
}

import Backup
import DurableFiles
import JournalFormat
import JournalStore
package import Machines
package import RecoveryKit
package import Sodium

/// A journal that an init has begun, and that nobody has used: it ends before the record that names the kit.
package struct InterruptedInit {
    private let machine: Machine
    private let file: KitFile

    /// What an init writes before that record, and what the next one writes where a line was torn.
    private static let types: Set<CoreEventType?> = [
        .journalOpened, .journalSucceeds, .recipientSet, .journalRepaired,
    ]

    /// Nil where the journal is another, or cannot be read.
    package init?(_ machine: Machine, kit: KitFile) {
        var records = 0
        var isOwn = true
        let replay = try? machine.replay(upTo: Self.types.count + 1) { record, _ in
            records += 1
            isOwn = isOwn && Self.types.contains(record.event.coreType)
        }
        guard replay != nil, isOwn, (1...Self.types.count).contains(records) else { return nil }
        self.machine = machine
        file = kit
    }

    /// The kit that was written for it, opened and found to be this journal's and this server's.
    ///
    /// - Parameter old: the kit that this one was to be made from; all of it must be in there.
    package func open(
        _ passphrase: borrowing SecretBytes, madeFrom old: RecoveryKit?
    ) throws -> (kit: RecoveryKit, section: KitSection, bytes: [UInt8]) {
        let bytes = try file.read()
        let kit: RecoveryKit
        do { kit = try RecoveryKit(opening: bytes, with: passphrase) } catch {
            throw InitError.kitNotOpened(file.path, "\(error)", journal: machine.server.journal.path)
        }
        let section = try kit.section(of: machine.dataset)
        let replay = try machine.replay()
        try section.requireSameJournal(as: machine.server, in: replay)
        if let old {
            for dataset in old.datasets { _ = try kit.section(of: dataset) }
            _ = try kit.joined(with: old)
        }
        return (kit, section, bytes)
    }

    package func requireKit() throws {
        guard !pathExists(file.path) else { return }
        throw InitError.kitMissing(file.path, journal: machine.server.journal.path)
    }

    /// - Parameter succession: whether the journal is to continue another one.
    package func require(succession: Bool) throws {
        guard succession, try machine.state().succession == nil else { return }
        throw InitError.succeedsNone(journal: machine.server.journal.path)
    }
}

import Backup
import DurableFiles
import JournalFormat
import JournalStore
import RecoveryKit
import Sodium

/// A journal that an init has begun, and that nobody has used: it ends before the record that names the kit.
struct InterruptedInit {
    private let configuration: Configuration
    private let file: KitFile

    /// What an init writes before that record, and what the next one writes where a line was torn.
    private static let types: Set<CoreEventType?> = [
        .journalOpened, .journalSucceeds, .recipientSet, .journalRepaired,
    ]

    /// Nil where the journal is another, or cannot be read.
    init?(_ configuration: Configuration, kit: KitFile) {
        var records = 0
        var isOwn = true
        let replay = try? configuration.replay(upTo: Self.types.count + 1) { record, _ in
            records += 1
            isOwn = isOwn && Self.types.contains(record.event.coreType)
        }
        guard replay != nil, isOwn, (1...Self.types.count).contains(records) else { return nil }
        self.configuration = configuration
        file = kit
    }

    /// The kit that was written for it, opened and found to be this journal's and this server's.
    ///
    /// - Parameter old: the kit that this one was to be made from; all of it must be in there.
    func open(
        _ passphrase: borrowing SecretBytes, madeFrom old: RecoveryKit?
    ) throws -> (kit: RecoveryKit, section: KitSection, bytes: [UInt8]) {
        let bytes = try file.read()
        let kit: RecoveryKit
        do { kit = try RecoveryKit(opening: bytes, with: passphrase) } catch {
            throw Complaint(
                "\(file.path), the kit of an init that was interrupted: \(error)",
                hint: "if that is lost: \(startAnew)", .wrongKey)
        }
        let section = try kit.section(of: configuration.dataset)
        let replay = try configuration.replay()
        try section.requireSameJournal(as: configuration.server, in: replay)
        if let old {
            for dataset in old.datasets { _ = try kit.section(of: dataset) }
            _ = try kit.joined(with: old)
        }
        return (kit, section, bytes)
    }

    func requireKit() throws {
        guard !pathExists(file.path) else { return }
        throw Complaint(
            "an init was interrupted in \(configuration.server.journal.path), and its kit is not at \(file.path)",
            hint: "name that kit with --kit; if it is lost: \(startAnew)", .refused)
    }

    /// - Parameter succession: whether the journal is to go on for another one.
    func require(succession: Bool) throws {
        guard succession, try configuration.state().succession == nil else { return }
        throw Complaint(
            "the journal that an init has begun in \(configuration.server.journal.path) succeeds no other",
            hint: startAnew, .refused)
    }

    private var startAnew: String {
        "move the kit and \(configuration.server.journal.path) away, which nobody has used yet, and run it again"
    }
}

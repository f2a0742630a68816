import Backup
import Catalogue
import JournalStore
package import Machines

/// What becomes known of files that are read: on the server its journal says which they were (`restore.released`); of what
/// comes from a mirror nobody says anything.
package struct ReadingRelease {
    /// Bytes of paths that an event names at most; of more, the top stands for all.
    private static let longest = 4096

    private let machine: Machine?

    private init(_ machine: Machine?) { self.machine = machine }

    /// Recorded in the server's journal.
    package static func recorded(_ machine: Machine) throws -> ReadingRelease {
        if try machine.readsReplica() { throw BrowsingError.onServerAlone }
        return ReadingRelease(machine)
    }

    /// Nothing is recorded.
    package static let untraced = ReadingRelease(nil)

    /// - Parameter paths: none for the whole tree.
    func record(_ label: Label, _ paths: [[UInt8]]) throws {
        guard let machine else { return }
        var journal = try machine.openJournal(.resuming(.anything))
        let reader = "\(Account.login ?? "somebody") on the server"
        _ = try machine.record(
            .recordRelease(label, after: nil, to: reader, confirmed: nil, paths: Self.texts(paths)), in: &journal)
    }

    /// As the journal has them.
    static func texts(_ paths: [[UInt8]]) -> [String] {
        let texts = paths.map { String(decoding: EscapedText.text($0), as: UTF8.self) }
        let isShort = texts.reduce(0, { $0 + $1.utf8.count }) <= longest
        return texts.isEmpty || texts.contains("") || !isShort ? ["."] : texts
    }
}

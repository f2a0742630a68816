import BackupJournal
import DurableFiles
package import JournalFormat
package import JournalStore
package import Machines
import SystemPackage

/// The journal that a witness looks at: a replica of its own, or the server's.
package struct WitnessedJournal {
    package let directory: JournalDirectory
    /// The root that must vouch for it, where one is known.
    package let pinnedRoot: KeyID?

    /// - Parameters:
    ///   - path: a directory that was named.
    ///   - root: a fingerprint that was named.
    package init(_ machine: Machine, named path: String?, root: String?) throws {
        let own = path == nil ? try ReadableJournal(machine) : nil
        directory = own?.directory ?? JournalDirectory(FilePath(path ?? ""))
        pinnedRoot = try root.map { try KeyID(typed: $0) } ?? own?.pinnedRoot
    }
}

/// `witness remember`: adds heads to those that this machine remembers, where the journal has them all.
package struct HeadMemory {
    package struct Remembered: Sendable, Equatable {
        /// What was offered, in its order.
        package let offered: [Checkpoint]
        /// How many of these were not remembered before.
        package let new: Int
        /// How many are remembered now.
        package let count: Int
    }

    private let machine: Machine
    private let journal: WitnessedJournal

    package init(_ machine: Machine, _ journal: WitnessedJournal) {
        self.machine = machine
        self.journal = journal
    }

    /// - Parameter file: of signed checkpoints; `-` is standard input, nil the journal's own.
    /// - Throws: `WitnessError`; nothing is remembered then.
    package func remember(_ file: String?) throws -> Remembered {
        let heads = WitnessHeads(machine)
        let lock = try heads.lock()
        let known = try heads.read()
        let offered = try read(file)
        // One that says what is known may have another deadline and other signatures, and is judged like any other.
        let new = offered.filter { !known.contains($0) }
        let evidence = HeadEvidence(directory: journal.directory, heads: known + new, offered: new.count)
        _ = try evidence.require(pinnedRoot: journal.pinnedRoot)
        if !new.isEmpty { try heads.write(known + new) }
        lock.unlock()
        let before = Set(known.map(\.checkpoint))
        let now = before.union(new.map(\.checkpoint))
        return Remembered(offered: offered.map(\.checkpoint), new: now.count - before.count, count: now.count)
    }

    private func read(_ file: String?) throws -> [SignedCheckpoint] {
        guard let file else {
            let path = journal.directory.checkpointPath
            guard pathExists(path) else {
                throw WitnessError.noCheckpoint(onWorkstation: try machine.readsReplica())
            }
            return try WitnessHeads.parse(try readFile(path, limit: 1 << 16), "\(path)")
        }
        let isInput = file == "-"
        let bytes = try OpenFile(isInput ? "/dev/stdin" : FilePath(file), .readOnly).readToEnd(limit: 1 << 20)
        return try WitnessHeads.parse(bytes, isInput ? "standard input" : file)
    }
}

import Backup
import BackupJournal
import Digest
import DurableFiles
package import JournalFormat
import JournalStore
package import Machines
package import SystemPackage

/// Writes a journal as the files of a C2SP tiled log, for the tools of others: every record as it is, in a directory that
/// a later export continues.
package struct TilesExport {
    package struct Result {
        package let path: FilePath
        package let records: Int
        /// Files that were not there before.
        package let files: Int
        /// The checkpoint's: what a tool is given to read them.
        package let key: VerifierKey
    }

    private let journal: ReadableJournal
    private let machine: Machine?

    /// - Parameter path: a journal's directory that a person named; nothing is signed then, and the checkpoint there says
    ///   how far the tiles go.
    package init(_ machine: Machine, named path: String?) throws {
        journal = try ReadableJournal(machine, named: path)
        self.machine = path == nil && journal.replica == nil ? machine : nil
    }

    /// Every signature is checked before anything is written. The checkpoint comes last, so that whatever it covers is there.
    ///
    /// - Parameter place: a directory; files of another history in it are never replaced.
    package func run(to place: String) throws -> Result {
        let out = FilePath(place)
        guard out.lastComponent != nil else { throw ExportError.notAName(place) }
        let signed = try checkpoint()
        let replay = try journal.replay(signatures: .all)
        let size = signed.checkpoint.size
        let sequencers = replay.verifier.keyring.sequencers
        guard signed.checkpoint.epoch <= sequencers.count,
            let key = replay.verifier.keyring[sequencers[signed.checkpoint.epoch - 1]]?.key
        else { throw JournalError.missing(journal.directory.path) }
        let there = try Account.asCaller { try earlier(in: out) }
        if let there, try !continues(there) { throw ExportError.otherTiles(out) }
        let files = try write(upTo: size, into: out)
        // A named copy may end before what was exported already: then that stands.
        let isBehind = there.map { $0.checkpoint.size > size } ?? false
        let note = isBehind ? there ?? signed : signed.renewing(there)
        try Account.asCaller {
            try writeFileAtomically(out.appending("checkpoint"), Array(note.note.utf8), permissions: Self.permissions)
        }
        return Result(
            path: out, records: size, files: files, key: VerifierKey(name: signed.checkpoint.origin, key: key))
    }

    /// Bytes: a bundle of 256 of the longest lines.
    private static let longestFile = 1 << 25

    private static var permissions: FilePermissions { [.ownerReadWrite, .groupRead, .otherRead] }

    /// Signed now where this is the server's own journal, else the one that lies there.
    private func checkpoint() throws -> SignedCheckpoint {
        if let machine { return try machine.openJournal(.reading).writeCheckpoint() }
        guard let kept = try journal.replay().checkpoint else { throw ExportError.noCheckpoint(journal.directory.path) }
        return kept
    }

    private func earlier(in out: FilePath) throws -> SignedCheckpoint? {
        let path = out.appending("checkpoint")
        guard pathExists(path) else {
            let names = try namesInDirectory(out) ?? []
            guard names.allSatisfy({ $0 == "tile" }) else { throw ExportError.notTiles(out) }
            return nil
        }
        do { return try SignedCheckpoint(note: try readFile(path, limit: SignedCheckpoint.maximumLength)) } catch {
            throw ExportError.notTiles(out)
        }
    }

    /// Whether the tiles that are there are of this journal's lines.
    private func continues(_ there: SignedCheckpoint) throws -> Bool {
        let compared = try journal.directory.compare(
            [there], pinnedRoot: journal.pinnedRoot, signatures: .all)
        return compared.findings == [nil]
    }

    /// - Returns: how many files were not there.
    private func write(upTo size: Int, into out: FilePath) throws -> Int {
        var tree = TiledTree()
        var hasher = SHA256()
        var count = 0
        var failure: (any Error)?
        func add(_ files: [TiledTree.File]) {
            guard failure == nil else { return }
            do { for file in files where try write(file, into: out) { count += 1 } } catch { failure = error }
        }
        _ = try journal.replay(upTo: size) { record, line in
            if record.seq <= size { add(tree.append(line, &hasher)) }
        }
        add(tree.partialFiles)
        if let failure { throw failure }
        return count
    }

    /// - Returns: whether it was not there before.
    private func write(_ file: TiledTree.File, into out: FilePath) throws -> Bool {
        let path = out.pushing(FilePath(file.path))
        return try Account.asCaller {
            if pathExists(path) {
                let there = try readFile(path, limit: Self.longestFile)
                guard there == file.bytes else { throw ExportError.otherTiles(path) }
                return false
            }
            try makeDirectories(path.removingLastComponent())
            try writeFileAtomically(path, file.bytes, permissions: Self.permissions)
            return true
        }
    }
}

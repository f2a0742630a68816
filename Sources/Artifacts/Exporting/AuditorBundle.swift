import Backup
import BackupJournal
import Digest
import DurableFiles
import Glibc
package import JournalFormat
import JournalStore
package import Machines
package import SystemPackage

/// What an auditor gets: everything that is needed to judge the journal with Python alone.
///
///     README.txt  root.fingerprint  verify_journal.py  journal-format.md  journal/…
///     before.fingerprint  before/…    where the journal succeeds another, whose lines are kept
///
/// The journal is read under the appenders' lock, so the checkpoint and the lines belong together.
package struct AuditorBundle: ~Copyable {
    package let records: Int
    package let root: KeyID
    package let head: String
    private let journal: Journal
    private let checkpoint: [UInt8]
    private let segments: [String]
    private let before: Before?

    /// The lines of the journal that this one succeeds.
    private struct Before {
        package let directory: JournalDirectory
        package let root: KeyID
        package let names: [String]
    }

    package init(_ machine: Machine) throws {
        let journal = try machine.openJournal(.reading)
        let pinned = try machine.server.pinnedRoot()
        let replay = try journal.directory.replay(pinnedRoot: pinned, signatures: .all)
        // The one that people remember: after a new root, that need not be the first.
        guard let root = pinned ?? replay.verifier.root else { throw JournalError.missing(journal.directory.path) }
        let signed = try journal.signedHead()
        let segments = try journal.directory.segmentNames() ?? []
        let before = try replay.state?.succession.flatMap { try Self.before($0, journal.directory) }
        records = signed.checkpoint.size
        head = signed.checkpoint.head.hex
        self.root = root
        self.before = before
        checkpoint = Array(signed.note.utf8)
        self.segments = segments
        self.journal = journal
    }

    private static func before(_ succession: Succession, _ journal: JournalDirectory) throws -> Before? {
        let kept = try journal.judgePredecessor(succession)
        if case .damaged = kept { throw ExportError.predecessorDamaged(kept.text(succession)) }
        guard kept == .sound else { return nil }
        let directory = journal.predecessor(succession.old.log)
        var names = try directory.segmentNames() ?? []
        if pathExists(directory.checkpointPath) { names.append("checkpoint") }
        return Before(directory: directory, root: succession.old.root, names: names)
    }

    private var texts: [(name: String, content: [UInt8])] {
        let fingerprint = before.map { [("before.fingerprint", Array("\($0.root)\n".utf8))] } ?? []
        return fingerprint + [
            ("README.txt", Array(readme.utf8)), ("root.fingerprint", Array("\(root)\n".utf8)),
            ("verify_journal.py", CarriedFile.verifier), ("journal-format.md", CarriedFile.format),
            ("journal/checkpoint", checkpoint),
        ]
    }

    /// Their names in the bundle, and where they are; directories first.
    private var files: [(name: String, path: FilePath)] {
        segments.map { ("journal/\($0)", journal.directory.path.appending($0)) }
            + (before.map { before in before.names.map { ("before/\($0)", before.directory.path.appending($0)) } } ?? [])
    }

    private var directories: [String] { ["journal"] + (before == nil ? [] : ["before"]) }

    package func writeDirectory(_ path: FilePath) throws {
        try Account.asCaller { for name in directories { try makeDirectories(path.appending(name)) } }
        func write(_ name: String, _ content: [UInt8]) throws {
            try Account.asCaller {
                try writeNewFile(
                    path.pushing(FilePath(name)), content, permissions: [.ownerReadWrite, .groupRead])
            }
        }
        for (name, content) in texts { try write(name, content) }
        for file in files { try write(file.name, try readFile(file.path, limit: 1 << 29)) }
        try Account.asCaller { try synchronizeDirectory(path) }
    }

    /// - Parameter top: the directory that everything in the archive is in.
    package func writeArchive(_ path: FilePath, top: String) throws {
        // ustar's names are limited; what the file is called outside does not matter inside.
        let top = (1...60).contains(top.utf8.count) ? top : "devjournal-export"
        let archive = UstarArchive(
            writingTo: try Account.asCaller {
                try OpenFile(
                    path, .writeOnly, options: [.create, .exclusiveCreate],
                    permissions: [.ownerReadWrite, .groupRead])
            })
        try archive.addDirectory("\(top)/")
        for name in directories { try archive.addDirectory("\(top)/\(name)/") }
        for (name, content) in texts { try archive.add("\(top)/\(name)", content) }
        for file in files { try archive.add("\(top)/\(file.name)", try readFile(file.path, limit: 1 << 29)) }
        try archive.finish()
    }

    /// Takes away what was begun and not finished.
    package static func remove(_ path: FilePath) {
        for directory in [path.appending("journal"), path.appending("before"), path] {
            for name in (try? namesInDirectory(directory)) ?? [] { try? removeFile(directory.appending(name)) }
            _ = unsafe rmdir(directory.string)
        }
        try? removeFile(path)
    }

    private var beforeText: String {
        guard before != nil else { return "" }
        return """
            This journal succeeds another, whose server was lost with its keys (record 2 says so, and names its head).
            That one's lines, as a workstation had kept them:

                python3 verify_journal.py --root "$(cat before.fingerprint)" before


            """
    }

    private var readme: String {
        """
        A devjournal journal, exported for an auditor
        =============================================

        \(Plain.counted(records, "record")); the last one's hash is
        \(head)

        Two commands, from this directory. The first needs Python 3.11 and either its `cryptography` package or
        OpenSSL 3; the second only Python.

            python3 verify_journal.py --root "$(cat root.fingerprint)" --head journal/checkpoint journal
            for f in journal/*.jsonl; do python3 -m json.tool --json-lines "$f"; done | less

        The first judges every line and every signature and says so: exit status 0 sound, 1 damaged or forged,
        2 could not check, 3 torn tail, 4 sound with warnings. The second shows the records for reading.

        Two things can only be known from elsewhere:

        - Whose journal this is. Ask the owner, or look into the recovery kit, for root's fingerprint and compare it
          with root.fingerprint. Somebody who can forge a bundle can forge that file, too.
        - Whether its end was cut off. A head that somebody remembers from another day, given with --head FILE, shows
          that. journal/checkpoint was signed when this bundle was made.

        \(beforeText)journal-format.md is the description of every byte, complete enough to write another verifier.

        """
    }
}

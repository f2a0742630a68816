import Backup
import Digest
import DurableFiles
package import JournalFormat
import JournalStore
import SystemPackage

/// Judges a proof and says what it showed and what it cannot show.
package struct ProofReport {
    private let path: FilePath
    private let pinnedRoot: KeyID?
    private let head: String?

    package init(_ path: String, pinnedRoot: KeyID?, head: String?) {
        self.path = FilePath(path)
        self.pinnedRoot = pinnedRoot
        self.head = head
    }

    /// - Throws: `ProofError`, or the refusal of a head that cannot be read.
    package func judge() throws -> ShownProof {
        let heads: [SignedCheckpoint]
        do {
            heads =
                try head.map { try SignedCheckpoint.parseAll(try Account.given(FilePath($0), limit: 1 << 20)) } ?? []
        } catch let refusal as FormatError {
            throw ProofError.headUnreadable(head ?? "", refusal.reason)
        }
        do {
            let file = try ProofFile(parsing: try Account.given(path, limit: ProofFile.maximumLength + 1))
            return try file.check(pinnedRoot: pinnedRoot, heads: heads)
        } catch let failure as ProofCheckError {
            throw ProofError.refused(path, failure)
        }
    }

    package func json(_ shown: ShownProof) -> JSONObject {
        var object: JSONObject = [
            "verdict": .string("shown"), "root": .string(shown.root.description),
            "root_pinned": .bool(shown.isRootPinned),
            "log": .string(shown.checkpoint.checkpoint.log.description),
            "epoch": .integer(shown.checkpoint.checkpoint.epoch),
            "size": .integer(shown.checkpoint.checkpoint.size),
            "head": .string(shown.checkpoint.checkpoint.head.hex),
        ]
        if let record = shown.record {
            object["record"] = .integer(record.seq)
            object["sha256"] = .string(record.hash.hex)
            object["type"] = .string(record.event.type)
        }
        if let older = shown.older?.checkpoint { object["from"] = .integer(older.size) }
        return object
    }

    package func text(_ shown: ShownProof) -> String {
        let checkpoint = shown.checkpoint.checkpoint
        var lines: [String] = []
        if let record = shown.record {
            lines.append("shown: record \(record.seq) is in the journal that the checkpoint stands for")
            lines.append(RecordText.line(record, author: String(record.event.author.description.prefix(12))))
            lines.append("record: sha256 \(record.hash), signed by its author and by its epoch's sequencer")
        }
        if let older = shown.older?.checkpoint {
            lines.append(
                "shown: the journal of \(Plain.counted(checkpoint.size, "record")) begins with the \(older.size) that were remembered"
            )
            lines.append("older head: \(older.head), epoch \(older.epoch), signed by its sequencer")
        }
        lines.append("journal: \(checkpoint.log)")
        lines.append(
            "checkpoint: \(Plain.counted(checkpoint.size, "record")), head \(checkpoint.head), signed by the sequencer of epoch "
                + "\(checkpoint.epoch)")
        if let pinnedRoot {
            lines.append("keys: vouched for by the root expected, \(pinnedRoot)")
        } else {
            lines.append("keys: believed from the proof, root \(shown.root); give --root to be sure whose they are")
        }
        lines.append(
            "not shown: the journal's other records, and whether they are sound; whether a key was retired or a newer "
                + "epoch began after this checkpoint; whether its sequencer signed another history elsewhere")
        return lines.joined(separator: "\n")
    }
}

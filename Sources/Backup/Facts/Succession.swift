package import Digest
package import JournalFormat

/// What a journal says in its second record of the one before it, whose server was lost with its recovery kit.
///
/// None of the old artifacts can be opened any more, so none of them is known here; but labels continue from where they
/// were, and what was lost is reported for ever.
package struct Succession: Sendable, Equatable {
    /// Its only place: it is written together with `journal.opened`, so a journal never stands without it for a while.
    package static let place = 2

    /// The lines that were handed in.
    package struct Source: Sendable, Equatable {
        package let bytes: Int
        package let sha256: String
        /// How many of their records a signed checkpoint covers that was handed in, too; nil where none does.
        package let checkpoint: Int?

        package init(bytes: Int, sha256: String, checkpoint: Int?) {
            self.bytes = bytes
            self.sha256 = sha256
            self.checkpoint = checkpoint
        }
    }

    /// The old journal where its known lines end.
    package struct Head: Sendable, Equatable {
        package let log: EventID
        /// The fingerprint that was given, of a root that vouches for the lines.
        package let root: KeyID
        package let epoch: Int
        package let size: Int
        package let head: SHA256Digest
        package let merkleRoot: SHA256Digest

        package init(
            log: EventID, root: KeyID, epoch: Int, size: Int, head: SHA256Digest, merkleRoot: SHA256Digest
        ) {
            self.log = log
            self.root = root
            self.epoch = epoch
            self.size = size
            self.head = head
            self.merkleRoot = merkleRoot
        }
    }

    package let old: Head
    package let lastTime: Timestamp
    /// The newest label registered there, or in one before it; an older month is never taken here.
    package let lastLabel: Label?
    /// Registered artifacts and their bytes.
    package let artifacts: Int
    package let bytes: Int
    /// Whose keys would have opened them.
    package let recipients: [String]
    /// The mirrors that hold them.
    package let stores: [String]
    package let source: Source
    package let reason: String
}

extension Succession {
    /// `sealed to a key that was lost: 3 artifacts (1.2 MiB) up to dev@2026-01, and all that is in s3://…`
    package var lost: String {
        let label = lastLabel.map { " up to \($0)" } ?? ""
        let mirrors = stores.isEmpty ? "" : ", and all that is in \(Plain.list(stores))"
        return
            "sealed to a key that was lost: \(Plain.counted(artifacts, "artifact")) (\(Plain.bytes(bytes)))\(label)\(mirrors)"
    }
}

package import Digest

/// What a sequencer says of a journal: how far it goes, and what it holds until there.
///
/// Two checkpoints are equal when they say the same of the same journal. When that was signed, and who else signed it,
/// is the note's (`SignedCheckpoint`).
package struct Checkpoint: Sendable, Hashable {
    package let log: EventID
    package let epoch: Int
    /// Records covered; record `size` is the head.
    package let size: Int
    /// RFC 6962 root over the record lines, each with its LF.
    package let root: SHA256Digest
    /// SHA-256 of the line of record `size`, with its LF.
    package let head: SHA256Digest

    package init(log: EventID, epoch: Int, size: Int, root: SHA256Digest, head: SHA256Digest) {
        self.log = log
        self.epoch = epoch
        self.size = size
        self.root = root
        self.head = head
    }

    /// The note's first line and its key's name, whatever the epoch: a witness elsewhere knows the journal by it.
    package var origin: String { Self.origin(of: log) }

    static func origin(of log: EventID) -> String { "devjournal/\(log)" }
}

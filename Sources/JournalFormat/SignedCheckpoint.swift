internal import Digest
package import Sodium

/// A checkpoint as the sequencer signs it: a C2SP `tlog-checkpoint` in a signed note, below which others may sign, too.
///
///     devjournal/01936c5e-0000-7000-8000-000000000001
///     42
///     vNBhjNmYFJBWmqBNhiGN1Fn3TxQn3H9FJzBrJOIkvPQ=
///     epoch 1
///     head 2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae
///     due 2026-02-02T09:00:00.000Z
///
///     — devjournal/01936c5e-0000-7000-8000-000000000001 <base64 of key hash and signature>
///     — witness.example/w1 <base64 of key hash and cosignature>
///
/// Equal is what has the same bytes; whether two say the same of a journal their checkpoints say.
package struct SignedCheckpoint: Sendable, Equatable {
    /// Bytes of a note.
    package static let maximumLength = 1 << 16
    /// Signatures of others than the sequencer.
    package static let maximumOthers = 16
    private static let linesOfText = 6

    package let checkpoint: Checkpoint
    /// By then the sequencer wants to have signed another one.
    package let due: Timestamp
    /// In the order of their lines; no two claim to be by one key.
    package private(set) var signatures: [NoteSignature]

    /// Signs a checkpoint. A mistaken `due` does no harm but that a reader mistrusts it.
    package init(_ checkpoint: Checkpoint, due: Timestamp, signedBy key: borrowing Ed25519.SigningKey) {
        self.checkpoint = checkpoint
        self.due = due
        signatures = []
        signatures = [
            NoteSignature(
                by: VerifierKey(name: checkpoint.origin, key: key.publicKey), key.sign(Array(text.utf8).span))
        ]
    }

    /// The signed text, its last LF included.
    package var text: String {
        """
        \(checkpoint.origin)
        \(checkpoint.size)
        \(Base64.encode(checkpoint.root.bytes))
        epoch \(checkpoint.epoch)
        head \(checkpoint.head.hex)
        due \(due)

        """
    }

    /// The whole note.
    package var note: String { "\(text)\n" + signatures.map { "\($0.line)\n" }.joined() }

    /// Parses a note. It is written again and compared, so there is one spelling only.
    package init(note: [UInt8]) throws(FormatError) {
        guard note.count <= Self.maximumLength, note.span.isUTF8 else { throw FormatError(.checkpointFormat) }
        let lines = String(decoding: note, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
        // An empty line after the text, and nothing after the last LF.
        guard (1...Self.maximumOthers + 1).contains(lines.count - Self.linesOfText - 2),
            let (checkpoint, due) = Self.parse(text: lines[..<Self.linesOfText])
        else { throw FormatError(.checkpointFormat) }
        self.checkpoint = checkpoint
        self.due = due
        signatures = []
        for line in lines[(Self.linesOfText + 1)...].dropLast() {
            guard let signature = NoteSignature(line: line), !signatures.contains(where: signature.isOfSameKey) else {
                throw FormatError(.checkpointFormat)
            }
            signatures.append(signature)
        }
        guard Array(self.note.utf8) == note else { throw FormatError(.checkpointFormat) }
    }

    private static func parse(text lines: ArraySlice<Substring>) -> (Checkpoint, due: Timestamp)? {
        let origin = lines[0].split(separator: "/", omittingEmptySubsequences: false)
        guard origin.count == 2, let log = EventID(String(origin[1])), let size = count(lines[1]),
            let root = Base64.decode(String(lines[2]), count: 32).flatMap({ SHA256Digest($0) }),
            lines[3].hasPrefix("epoch "), let epoch = count(lines[3].dropFirst(6)),
            lines[4].hasPrefix("head "), let head = SHA256Digest(hex: lines[4].dropFirst(5)),
            lines[5].hasPrefix("due "), let due = Timestamp(String(lines[5].dropFirst(4)))
        else { return nil }
        return (Checkpoint(log: log, epoch: epoch, size: size, root: root, head: head), due)
    }

    /// From 1 to 2^53-1. Leading zeros and signs are found when the note is written again.
    private static func count(_ text: Substring) -> Int? {
        Int(text).flatMap { (1...JSONScanner.maximumInteger).contains($0) ? $0 : nil }
    }

    /// Whether that key signed it as a sequencer. What other keys say of it changes nothing.
    package func isSigned(by key: Ed25519.PublicKey) -> Bool {
        let own = VerifierKey(name: checkpoint.origin, key: key)
        guard let claimed = signatures.first(where: { $0.isClaimed(by: own) }) else { return false }
        return key.verifies(claimed.signature.span, of: Array(text.utf8).span)
    }
}

extension SignedCheckpoint {
    /// With more signatures of the same text by others than the sequencer: one takes the place of an older one by the same
    /// key, and where that would be too many, older ones go.
    package func adding(_ new: [NoteSignature]) -> SignedCheckpoint {
        var result = self
        var kept: [NoteSignature] = []
        for signature in new.prefix(Self.maximumOthers)
        where signature.name != checkpoint.origin && !kept.contains(where: signature.isOfSameKey) {
            kept.append(signature)
        }
        result.signatures = signatures.map { old in kept.first(where: old.isOfSameKey) ?? old }
        result.signatures += kept.filter { one in !signatures.contains(where: one.isOfSameKey) }
        while result.signatures.count > Self.maximumOthers + 1 || result.note.utf8.count > Self.maximumLength {
            guard let oldest = result.signatures.firstIndex(where: { $0.name != checkpoint.origin }) else { break }
            result.signatures.remove(at: oldest)
        }
        return result
    }

    /// The note with the signatures under the origin's name alone.
    package var alone: SignedCheckpoint {
        var result = self
        result.signatures.removeAll { $0.name != checkpoint.origin }
        return result
    }

    /// Whether this note says all that `other` does: of the journal, and until when.
    package func stands(for other: SignedCheckpoint) -> Bool { checkpoint == other.checkpoint && due >= other.due }

    /// What replaces `older`, where that may be of another head.
    package func renewing(_ older: SignedCheckpoint?) -> SignedCheckpoint {
        guard let older, older.checkpoint == checkpoint else { return self }
        return merged(with: older)
    }

    /// What is remembered of two notes that say the same of a journal: the one with the newer deadline; if they are one
    /// text, this note with the other's signatures, as far as there is room.
    package func merged(with other: SignedCheckpoint) -> SignedCheckpoint {
        precondition(checkpoint == other.checkpoint, "the caller has compared what they say")
        guard due == other.due else { return due > other.due ? self : other }
        var result = self
        for signature in other.signatures where !signatures.contains(where: signature.isOfSameKey) {
            var longer = result
            longer.signatures.append(signature)
            let fits = longer.signatures.count <= Self.maximumOthers + 1 && longer.note.utf8.count <= Self.maximumLength
            if fits { result = longer }
        }
        return result
    }
}

/// Notes that follow one another.
extension SignedCheckpoint {
    /// Several notes that follow one another directly, as a witness keeps them. At least one.
    package static func parseAll(_ bytes: [UInt8]) throws(FormatError) -> [SignedCheckpoint] {
        let (checkpoints, refusal) = parseLeading(bytes)
        if let refusal { throw refusal }
        return checkpoints
    }

    /// The notes before the first that is malformed, and what is wrong there: a verifier judges note by note, so an
    /// earlier one that does not fit the journal goes before a later one that cannot be read.
    package static func parseLeading(_ bytes: [UInt8]) -> (notes: [SignedCheckpoint], refusal: FormatError?) {
        let start = Array("devjournal/".utf8)
        var notes: [SignedCheckpoint] = []
        var rest = bytes[...]
        repeat {
            let next = rest.indices.dropFirst().first {
                rest[$0 - 1] == UInt8(ascii: "\n") && rest[$0...].starts(with: start)
            }
            let note = rest[..<(next ?? rest.endIndex)]
            guard let parsed = try? SignedCheckpoint(note: Array(note)) else {
                return (notes, FormatError(.headFormat))
            }
            notes.append(parsed)
            rest = rest[note.endIndex...]
        } while !rest.isEmpty
        return (notes, nil)
    }
}

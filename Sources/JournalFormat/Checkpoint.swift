package import Digest
package import Sodium

/// The sequencer's signed statement of a journal's size, root and head: a C2SP `tlog-checkpoint` in a signed note.
///
///     devjournal/01936c5e-0000-7000-8000-000000000001/1
///     42
///     vNBhjNmYFJBWmqBNhiGN1Fn3TxQn3H9FJzBrJOIkvPQ=
///     head 2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae
///
///     — devjournal/01936c5e-0000-7000-8000-000000000001/1 <base64 of key hash and signature>
package struct Checkpoint: Sendable, Equatable {
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

    /// The note's first line and its key's name.
    package var origin: String { "devjournal/\(log)/\(epoch)" }

    /// The signed text, its last LF included.
    package var text: String {
        "\(origin)\n\(size)\n\(Base64.encode(root.bytes))\nhead \(head.hex)\n"
    }
}

/// A checkpoint with the signature that its note carries.
package struct SignedCheckpoint: Sendable, Equatable {
    package static let maximumLength = 1024

    package let checkpoint: Checkpoint
    private let keyHash: [UInt8]
    private let signature: [UInt8]

    package init(_ checkpoint: Checkpoint, signedBy key: borrowing Ed25519.SigningKey) {
        self.checkpoint = checkpoint
        keyHash = Self.keyHash(checkpoint.origin, key.publicKey)
        signature = key.sign(Array(checkpoint.text.utf8).span)
    }

    /// The whole note.
    package var note: String {
        "\(checkpoint.text)\n\u{2014} \(checkpoint.origin) \(Base64.encode(keyHash + signature))\n"
    }

    /// Parses a note. It is written again and compared, so there is one spelling only.
    package init(note: [UInt8]) throws(FormatError) {
        guard note.count <= Self.maximumLength, note.span.isUTF8 else { throw FormatError(.checkpointFormat) }
        let text = String(decoding: note, as: UTF8.self)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        guard lines.count == 7 else { throw FormatError(.checkpointFormat) }
        let origin = lines[0].split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard origin.count == 3, let log = EventID(origin[1]), let epoch = Self.count(origin[2]),
            let size = Self.count(lines[1]),
            let root = Base64.decode(lines[2], count: 32).flatMap({ SHA256Digest($0) }),
            lines[3].hasPrefix("head "), let head = SHA256Digest(hex: lines[3].dropFirst(5)),
            let signed = lines[5].split(separator: " ").last,
            let bytes = Base64.decode(String(signed), count: 68)
        else { throw FormatError(.checkpointFormat) }
        checkpoint = Checkpoint(log: log, epoch: epoch, size: size, root: root, head: head)
        keyHash = Array(bytes[..<4])
        signature = Array(bytes[4...])
        guard Array(self.note.utf8) == note else { throw FormatError(.checkpointFormat) }
    }

    /// From 1 to 2^53-1. Leading zeros and signs are found when the note is written again.
    private static func count(_ text: String) -> Int? {
        Int(text).flatMap { (1...JSONScanner.maximumInteger).contains($0) ? $0 : nil }
    }

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

    /// Whether that key signed it.
    package func isSigned(by key: Ed25519.PublicKey) -> Bool {
        keyHash == Self.keyHash(checkpoint.origin, key)
            && key.verifies(signature.span, of: Array(checkpoint.text.utf8).span)
    }

    /// The first four bytes of SHA-256 over name, LF, the algorithm's number and the public key (C2SP signed-note).
    private static func keyHash(_ name: String, _ key: Ed25519.PublicKey) -> [UInt8] {
        Array(SHA256.hash((Array("\(name)\n".utf8) + [1] + key.bytes).span).bytes[..<4])
    }
}

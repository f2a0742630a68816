package import Digest
internal import Sodium

/// A proof as it is handed to somebody: C2SP `tlog-proof` for one record, and a sibling of it for two checkpoints
/// (journal-format.md, "Proofs").
///
///     c2sp.org/tlog-proof@v1               devjournal/consistency-proof/v1
///     extra <base64 of lines>              extra <base64 of lines>
///     index 4                              old 6
///     <base64 of a hash>                   <base64 of a hash>
///     …                                    …
///
///     <checkpoint>                         <the newer checkpoint>
package struct ProofFile: Sendable, Equatable {
    package enum Statement: Sendable, Equatable {
        /// The record after `index` others stands under the checkpoint.
        case inclusion(index: Int)
        /// The checkpoint continues the one of that size.
        case consistency(from: Int)
    }

    package static let maximumLength = 1 << 24

    package let statement: Statement
    package let path: [SHA256Digest]
    /// The journal's lines that the checkpoint covers and that are key events, and the proven record's, in order.
    package let lines: [[UInt8]]
    package let checkpoint: SignedCheckpoint

    package init(_ statement: Statement, path: [SHA256Digest], lines: [[UInt8]], checkpoint: SignedCheckpoint) {
        self.statement = statement
        self.path = path
        self.lines = lines
        self.checkpoint = checkpoint
    }

    private static let inclusionTitle = "c2sp.org/tlog-proof@v1"
    private static let consistencyTitle = "devjournal/consistency-proof/v1"

    package var text: String {
        let (title, number) =
            switch statement {
            case .inclusion(let index): (Self.inclusionTitle, "index \(index)")
            case .consistency(let size): (Self.consistencyTitle, "old \(size)")
            }
        let head = [title, "extra \(Base64.encode(Array(lines.joined())))", number]
        return (head + path.map { Base64.encode($0.bytes) }).joined(separator: "\n") + "\n\n" + checkpoint.note
    }

    /// Parses a proof. It is written again and compared, so there is one spelling only.
    package init(parsing bytes: [UInt8]) throws(ProofCheckError) {
        guard bytes.count <= Self.maximumLength, bytes.span.isUTF8 else { throw .format }
        let text = String(decoding: bytes, as: UTF8.self)
        var rest = text[...]
        func next() throws(ProofCheckError) -> Substring {
            guard let end = rest.utf8.firstIndex(of: UInt8(ascii: "\n")) else { throw .format }
            defer { rest = rest[rest.utf8.index(after: end)...] }
            return rest[..<end]
        }
        let title = try next()
        let extra = try next()
        let number = try next()
        switch String(title) {
        case Self.inclusionTitle:
            guard number.hasPrefix("index "), let index = Int(number.dropFirst(6)), index >= 0 else { throw .format }
            statement = .inclusion(index: index)
        case Self.consistencyTitle:
            guard number.hasPrefix("old "), let size = Int(number.dropFirst(4)), size >= 1 else { throw .format }
            statement = .consistency(from: size)
        default:
            throw .format
        }
        var path: [SHA256Digest] = []
        // No tree of this format is higher than 53.
        while case let line = try next(), !line.isEmpty {
            guard path.count < 64, let hash = Base64.decode(String(line), count: 32).flatMap({ SHA256Digest($0) })
            else { throw .format }
            path.append(hash)
        }
        self.path = path
        guard extra.hasPrefix("extra "), let excerpt = Self.decode(extra.dropFirst(6)) else { throw .format }
        lines = Self.split(excerpt)
        do { checkpoint = try SignedCheckpoint(note: Array(rest.utf8)) } catch { throw .format }
        guard Array(self.text.utf8) == bytes else { throw .format }
    }

    private static func decode(_ text: Substring) -> [UInt8]? {
        let padding = text.utf8.suffix(2).count { $0 == UInt8(ascii: "=") }
        return Base64.decode(String(text), count: max(0, text.utf8.count / 4 * 3 - padding))
    }

    /// Lines with their LF; bytes after the last LF are a line that no verifier takes.
    private static func split(_ bytes: [UInt8]) -> [[UInt8]] {
        var lines: [[UInt8]] = []
        var start = 0
        for (index, byte) in bytes.enumerated() where byte == UInt8(ascii: "\n") {
            lines.append(Array(bytes[start...index]))
            start = index + 1
        }
        if start < bytes.count { lines.append(Array(bytes[start...])) }
        return lines
    }
}

/// Why a proof shows nothing.
package enum ProofCheckError: Error, Equatable, CustomStringConvertible {
    case format
    /// A line that the proof carries.
    case line(DamageError)
    /// The proof carries other lines than it should, or lacks one.
    case lines
    case otherJournal
    case checkpointSignature
    /// The hashes do not lead where they should.
    case path
    /// A consistency proof was checked against no head of its older size.
    case noHead(size: Int)
    case headSignature
    /// Both heads are signed, and one is not the beginning of the other.
    case fork(older: SignedCheckpoint, newer: SignedCheckpoint)
    /// A newer epoch starts below the older head.
    case cut(base: Int, older: SignedCheckpoint, newer: SignedCheckpoint)

    package var description: String {
        switch self {
        case .format: "this is not a proof, or not in its one spelling"
        case .line(let damage): "a line that the proof carries is not sound: \(damage)"
        case .lines: "the proof carries other lines than key events and its record"
        case .otherJournal: "the proof's lines and checkpoint are of different journals"
        case .checkpointSignature: "the proof's checkpoint is not signed by the sequencer of its epoch"
        case .path: "the proof's hashes do not lead to the checkpoint's root"
        case .noHead(let size): "no head of \(size) records was given, and the proof starts from one"
        case .headSignature: "the older head is not signed by the sequencer of its epoch"
        case .fork: "the older head is not the beginning of the newer one: two histories; both signed heads follow"
        case .cut(let base, _, _):
            "a newer epoch starts after record \(base), below the older head: the records between were lost"
        }
    }
}

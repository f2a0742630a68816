internal import Sodium

/// A signing key as one line of text, as it stands in a key file and, as a comment, in a recovery kit.
///
///     devjournal-key-v1 sequencer 93fBPfJb…=
extension JournalKey {
    private static let magic = "devjournal-key-v1"

    /// Why a line is not a key of that role; it shows nothing of the line.
    package enum LineError: Error, Equatable {
        case otherKind
        case unreadable
    }

    /// A new key.
    package static func generate(_ role: KeyRole) -> JournalKey {
        JournalKey(Ed25519.SigningKey(seed: SecretBytes(randomCount: Ed25519.seedSize)), role: role)
    }

    /// - Parameter line: with its LF or without.
    package convenience init(line: [UInt8], role: KeyRole) throws(LineError) {
        let prefix = Array("\(Self.magic) \(role.rawValue) ".utf8)
        var text = line
        defer { text.wipe() }
        if text.last == UInt8(ascii: "\n") { text.removeLast() }
        guard text.starts(with: prefix) else { throw .otherKind }
        guard var seed = Base64.decode(text.span.extracting(droppingFirst: prefix.count), count: Ed25519.seedSize)
        else { throw .unreadable }
        defer { seed.wipe() }
        self.init(Ed25519.SigningKey(seed: seed.span), role: role)
    }

    /// The line, without LF. The caller overwrites it when done.
    package func line() -> [UInt8] {
        var seed = key.seed().withSpan { Array(copying: $0) }
        defer { seed.wipe() }
        return Array("\(Self.magic) \(role.rawValue) \(Base64.encode(seed))".utf8)
    }
}

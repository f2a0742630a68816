internal import Digest
package import Sodium

/// The public half of a key that signs notes, with the name it signs under: a C2SP *verifier key*.
///
///     devjournal/01936c5e-0000-7000-8000-000000000001+1e9fcf4c+AR089pzum/xOczbEppvA5zly4wnawIEY/StAfI/Y6Eql
///     name                                            hash     base64 of the algorithm's number and the public key
package struct VerifierKey: Sendable, Equatable, CustomStringConvertible {
    package enum Algorithm: UInt8, Sendable {
        /// Signs the note's text.
        case ed25519 = 1
        /// Signs a time and the note's text (C2SP tlog-cosignature).
        case cosignature = 4
    }

    /// Bytes of a name at most.
    static let maximumNameLength = 255

    package let name: String
    package let algorithm: Algorithm
    package let key: Ed25519.PublicKey

    package init(name: String, algorithm: Algorithm = .ed25519, key: Ed25519.PublicKey) {
        self.name = name
        self.algorithm = algorithm
        self.key = key
    }

    /// The first four bytes of SHA-256 over name, LF, the algorithm's number and the public key (C2SP signed-note).
    package var hash: [UInt8] {
        Array(SHA256.hash((Array("\(name)\n".utf8) + [algorithm.rawValue] + key.bytes).span).bytes[..<4])
    }

    package var description: String {
        "\(name)+\(hexadecimal(hash))+\(Base64.encode([algorithm.rawValue] + key.bytes))"
    }

    /// Parses a verifier key, which has one spelling; nil for anything else, other algorithms included.
    package init?(_ text: String) {
        let parts = text.split(separator: "+", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, Self.isName(parts[0].utf8),
            let bytes = Base64.decode(String(parts[2]), count: 33),
            let algorithm = Algorithm(rawValue: bytes[0]), let key = Ed25519.PublicKey(Array(bytes[1...]))
        else { return nil }
        self.init(name: String(parts[0]), algorithm: algorithm, key: key)
        guard description == text else { return nil }
    }

    /// Visible ASCII without `+`. C2SP allows more; names that a terminal shows as something else are not worth it.
    static func isName(_ bytes: some Collection<UInt8>) -> Bool {
        (1...maximumNameLength).contains(bytes.count)
            && bytes.allSatisfy { (0x21...0x7e).contains($0) && $0 != UInt8(ascii: "+") }
    }
}

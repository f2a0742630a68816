internal import Digest
package import Sodium

/// What a key may do. A key has one role for life: the role is part of its id.
package enum KeyRole: String, Sendable, CaseIterable {
    /// Opens journals and starts epochs; lives in the recovery kit only.
    case root
    /// Puts records in order, one key an epoch, and signs the server's own events.
    case sequencer
    /// A workstation, which signs what it did itself.
    case author
}

/// Names a key: the first 16 bytes of SHA-256 over algorithm, role and public key, as 32 lower-case hex digits.
///
/// A second key with the same id takes about 2^128 tries. The root's id is the fingerprint that people compare.
package struct KeyID: Hashable, Sendable, CustomStringConvertible {
    /// Characters.
    static let length = 32

    private let high: UInt64
    private let low: UInt64

    package init(_ key: Ed25519.PublicKey, role: KeyRole) {
        let named = Array("devjournal/key/v1\ned25519\n\(role.rawValue)\n".utf8) + key.bytes
        let digest = SHA256.hash(named.span).bytes
        let words = (0..<2).map { digest[$0 * 8..<$0 * 8 + 8].reduce(UInt64(0)) { $0 << 8 | UInt64($1) } }
        self.init(high: words[0], low: words[1])
    }

    /// From 32 lower-case hex digits; nil for anything else.
    package init?(_ digits: Span<UInt8>) {
        guard digits.count == 32, let high = HexWord.read(digits, at: 0), let low = HexWord.read(digits, at: 16)
        else { return nil }
        self.init(high: high, low: low)
    }

    package init?(_ text: some StringProtocol) {
        self.init(Array(text.utf8).span)
    }

    /// Of a public key as events have it, in base64; nil for anything else.
    package init?(publicKey text: String, role: KeyRole) {
        guard let key = Base64.decode(text, count: 32).flatMap({ Ed25519.PublicKey($0) }) else { return nil }
        self.init(key, role: role)
    }

    private init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    package var description: String {
        var digits: [UInt8] = []
        write(to: &digits)
        return String(decoding: digits, as: UTF8.self)
    }

    func write(to output: inout [UInt8]) {
        HexWord.write(high, to: &output)
        HexWord.write(low, to: &output)
    }
}

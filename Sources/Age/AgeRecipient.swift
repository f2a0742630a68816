internal import Sodium

/// A public key to encrypt to: an X25519 key in Bech32, `age1…`.
package struct AgeRecipient: Hashable, Sendable, CustomStringConvertible {
    /// 32 bytes.
    let publicKey: [UInt8]

    /// From `age1` and 58 more characters, all lower case.
    ///
    /// Besides malformed text this refuses a key nobody could decrypt with: one of small order, or one that is
    /// not written canonically (RFC 7748, section 5, would reduce it, and the stanza's salt then differ).
    package init(_ text: String) throws(AgeError) {
        if let kind = Self.unsupportedKind(of: text) { throw .malformedRecipient("\(kind) are not supported") }
        let bytes = Array(text.utf8)
        let key: SecretBytes
        do {
            key = try Bech32.decode(bytes.span, as: Self.form, count: X25519.size)
        } catch {
            throw .malformedRecipient(error.reason)
        }
        let publicKey = key.withSpan { key in key.indices.map { key[$0] } }
        guard Self.isCanonical(publicKey), Self.hasLargeOrder(publicKey) else {
            throw .malformedRecipient("it is not a public key that can be encrypted to")
        }
        self.publicKey = publicKey
    }

    /// Of a secret key, so it needs no check.
    init(of secret: borrowing SecretBytes) {
        publicKey = X25519.publicKey(of: secret)
    }

    /// The text form, `age1…`.
    package var description: String {
        Bech32.encode(publicKey.span, as: Self.form).withSpan { text in
            String(decoding: text.indices.map { text[$0] }, as: UTF8.self)
        }
    }

    private static let form = Bech32.Form("age", isUpperCase: false)

    /// Recipients of the specification that are not X25519, and SSH keys, which stock age takes too.
    private static func unsupportedKind(of text: String) -> String? {
        if text.hasPrefix("age1pq1") { return "post-quantum recipients" }
        if text.hasPrefix("ssh-") { return "SSH keys" }
        let isPlugin = text.hasPrefix("age1") && text.dropFirst(4).contains("1")
        return isPlugin ? "plugin recipients" : nil
    }

    /// Whether the 255-bit number, least byte first, is below 2^255 - 19.
    private static func isCanonical(_ key: [UInt8]) -> Bool {
        if key[31] != 0x7f { return key[31] < 0x7f }
        return key[1..<31].contains { $0 != 0xff } || key[0] < 0xed
    }

    private static func hasLargeOrder(_ key: [UInt8]) -> Bool {
        let probe = SecretBytes(randomCount: X25519.size)
        switch X25519.sharedSecret(of: probe, with: key.span) {
        case .some: return true
        case .none: return false
        }
    }
}

internal import Sodium

/// A secret key to decrypt with: an X25519 key in Bech32, `AGE-SECRET-KEY-1…`.
///
/// An object, so that a list of identities refers to the keys instead of copying them.
package final class AgeIdentity: Sendable {
    /// 32 bytes.
    let secret: SecretBytes
    /// The public key that belongs to it.
    package let recipient: AgeRecipient

    /// Takes over 32 bytes.
    init(secret: consuming SecretBytes) {
        recipient = AgeRecipient(of: secret)
        self.secret = secret
    }

    /// From `AGE-SECRET-KEY-1` and 58 more characters, all upper case. The text is not kept.
    package convenience init(text: Span<UInt8>) throws(AgeError) {
        if let kind = Self.unsupportedKind(of: text) { throw .malformedIdentity("\(kind) are not supported") }
        do {
            self.init(secret: try Bech32.decode(text, as: Self.form, count: X25519.size))
        } catch {
            throw .malformedIdentity(error.reason)
        }
    }

    /// A new random one.
    package static func generate() -> AgeIdentity {
        AgeIdentity(secret: SecretBytes(randomCount: X25519.size))
    }

    /// Characters of the text form.
    package static let textSize = 74

    /// Lends the text form, `AGE-SECRET-KEY-1…`, without a line feed.
    package func withText<Result, Failure: Error>(
        _ body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try secret.withSpan { (secret) throws(Failure) in
            try Bech32.encode(secret, as: Self.form).withSpan(body)
        }
    }

    private static let form = Bech32.Form("AGE-SECRET-KEY-", isUpperCase: true)

    private static func unsupportedKind(of text: Span<UInt8>) -> String? {
        if text.starts(with: "AGE-SECRET-KEY-PQ-1") { return "post-quantum identities" }
        return text.starts(with: "AGE-PLUGIN-") ? "plugin identities" : nil
    }
}

extension Span<UInt8> {
    /// Whether these bytes begin with those characters.
    func starts(with prefix: StaticString) -> Bool {
        let prefix = prefix.bytes
        return count >= prefix.count && prefix.indices.allSatisfy { self[$0] == prefix[$0] }
    }
}

internal import Sodium

/// A file key wrapped for an X25519 recipient (C2SP age, "X25519 recipient stanza").
struct X25519Stanza {
    static let type = "X25519"

    /// The public half of a key pair made for this stanza alone, 32 bytes.
    let share: [UInt8]
    /// The wrapped file key, 32 bytes.
    let body: [UInt8]

    /// Wraps a file key.
    init(_ fileKey: borrowing FileKey, to recipient: AgeRecipient) {
        let ephemeral = SecretBytes(randomCount: X25519.size)
        share = X25519.publicKey(of: ephemeral)
        guard let shared = X25519.sharedSecret(of: ephemeral, with: recipient.publicKey.span) else {
            preconditionFailure("a recipient of small order was let in")
        }
        body = fileKey.wrapped(with: Self.wrapKey(shared, share: share, recipient: recipient))
    }

    /// Checks the form of a stanza whose first argument is `X25519`.
    init(_ stanza: Stanza) throws(AgeError) {
        guard stanza.arguments.count == 2 else { throw .malformedHeader("an X25519 stanza must have one argument") }
        guard let share = Base64.decodeUnpadded(stanza.arguments[1].utf8Bytes.span), share.count == X25519.size else {
            throw .malformedHeader("the share of an X25519 stanza must be 32 bytes in canonical base64")
        }
        guard stanza.body.count == FileKey.wrappedSize else {
            throw .malformedHeader("the body of an X25519 stanza must be 32 bytes")
        }
        self.share = share
        body = stanza.body
    }

    /// As it stands in a header.
    var stanza: Stanza {
        Stanza(arguments: [Self.type, String(decoding: Base64.encodeUnpadded(share.span), as: UTF8.self)], body: body)
    }

    /// The file key; nil if the stanza is for somebody else. A share of small order is refused.
    func fileKey(for identity: AgeIdentity) throws(AgeError) -> FileKey? {
        guard let shared = X25519.sharedSecret(of: identity.secret, with: share.span) else {
            throw .malformedHeader("the share of an X25519 stanza is a point of small order")
        }
        return FileKey.unwrap(body, with: Self.wrapKey(shared, share: share, recipient: identity.recipient))
    }

    private static func wrapKey(
        _ shared: borrowing SecretBytes, share: [UInt8], recipient: AgeRecipient
    ) -> SecretBytes {
        let salt = share + recipient.publicKey
        let info = ("age-encryption.org/v1/X25519" as StaticString).bytes
        return HKDFSHA256.key(from: shared, salt: salt.span, info: info.span)
    }
}

extension String {
    var utf8Bytes: [UInt8] { Array(utf8) }
}

import CSodium

/// Diffie-Hellman over Curve25519 (RFC 7748, section 5), by `crypto_scalarmult(3)`.
package enum X25519 {
    /// Bytes of a secret key, a public key and a shared secret.
    package static let size = 32

    /// The public key (32 bytes) of a secret key (32 bytes, any value: it is clamped where it is used).
    package static func publicKey(of secret: borrowing SecretBytes) -> [UInt8] {
        precondition(secret.count == size, "an X25519 secret key has 32 bytes")
        var publicKey = [UInt8](repeating: 0, count: size)
        publicKey.withMutablePointer { publicKey in
            secret.withPointer { secret in
                _ = unsafe crypto_scalarmult_base(publicKey, secret)
            }
        }
        return publicKey
    }

    /// The secret (32 bytes) shared with the owner of `publicKey` (32 bytes).
    ///
    /// Nil when it is all zero, which a point of small order forces whatever the secret key is
    /// (RFC 7748, section 6.1).
    package static func sharedSecret(
        of secret: borrowing SecretBytes, with publicKey: Span<UInt8>
    ) -> SecretBytes? {
        precondition(secret.count == size && publicKey.count == size, "X25519 keys have 32 bytes")
        var status: Int32 = -1
        let shared = SecretBytes(count: size) { shared in
            publicKey.withPointer { publicKey in
                secret.withPointer { secret in
                    status = unsafe crypto_scalarmult(shared, secret, publicKey)
                }
            }
        }
        guard status == 0 else { return nil }
        return shared
    }
}

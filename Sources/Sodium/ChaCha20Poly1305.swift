import CSodium

/// Authenticated encryption after RFC 8439, section 2.8 (`crypto_aead_chacha20poly1305_ietf_encrypt(3)`), of keys; what
/// passes through in bulk goes through `ChunkCipher`.
///
/// A sealed piece is the ciphertext, as long as the plaintext, and a tag of 16 bytes.
package enum ChaCha20Poly1305 {
    package static let keySize = 32
    package static let nonceSize = 12
    package static let tagSize = 16

    /// The ciphertext and tag of a small secret.
    package static func seal(
        _ secret: borrowing SecretBytes, key: borrowing SecretBytes, nonce: Span<UInt8>
    ) -> [UInt8] {
        precondition(key.count == keySize && nonce.count == nonceSize, "a key has 32 bytes, a nonce 12")
        let count = secret.count
        var sealed = [UInt8](repeating: 0, count: count + tagSize)
        sealed.withMutablePointer { sealed in
            key.withPointer { key in
                nonce.withPointer { nonce in
                    secret.withPointer { secret in
                        _ = unsafe crypto_aead_chacha20poly1305_ietf_encrypt(
                            sealed, nil, secret, UInt64(count), nil, 0, nil, nonce, key)
                    }
                }
            }
        }
        return sealed
    }

    /// The small secret that was sealed; nil when the tag does not match.
    package static func open(
        _ sealed: Span<UInt8>, key: borrowing SecretBytes, nonce: Span<UInt8>
    ) -> SecretBytes? {
        precondition(key.count == keySize && nonce.count == nonceSize, "a key has 32 bytes, a nonce 12")
        let count = sealed.count
        guard count >= tagSize else { return nil }
        var status: Int32 = -1
        let secret = SecretBytes(count: count - tagSize) { secret in
            key.withPointer { key in
                nonce.withPointer { nonce in
                    sealed.withPointer { sealed in
                        status = unsafe crypto_aead_chacha20poly1305_ietf_decrypt(
                            secret, nil, nil, sealed, UInt64(count), nil, 0, nonce, key)
                    }
                }
            }
        }
        guard status == 0 else { return nil }
        return secret
    }
}

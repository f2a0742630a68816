import CSodium

/// Authenticated encryption after RFC 8439, section 2.8 (`crypto_aead_chacha20poly1305_ietf_encrypt(3)`).
///
/// A sealed piece is the ciphertext, as long as the plaintext, and a tag of 16 bytes.
package enum ChaCha20Poly1305 {
    package static let keySize = 32
    package static let nonceSize = 12
    package static let tagSize = 16

    /// Replaces what is in `sealed` by the ciphertext and tag of `plaintext`. No memory is allocated.
    package static func seal(
        _ plaintext: Span<UInt8>, key: borrowing SecretBytes, nonce: Span<UInt8>, additionalData: [UInt8] = [],
        into sealed: inout WipedBuffer
    ) {
        precondition(key.count == keySize && nonce.count == nonceSize, "a key has 32 bytes, a nonce 12")
        let count = plaintext.count
        sealed.replace(count: count + tagSize) { sealed in
            key.withPointer { key in
                nonce.withPointer { nonce in
                    additionalData.withPointer { data in
                        plaintext.withPointer { plaintext in
                            _ = unsafe crypto_aead_chacha20poly1305_ietf_encrypt(
                                sealed, nil, plaintext, UInt64(count), data, UInt64(additionalData.count), nil, nonce,
                                key)
                        }
                    }
                }
            }
        }
    }

    /// Replaces what is in `plaintext` by the plaintext of `sealed`; false, with nothing in it, when the tag
    /// does not match. `sealed` is left as it is, so another nonce can be tried.
    package static func open(
        _ sealed: Span<UInt8>, key: borrowing SecretBytes, nonce: Span<UInt8>, additionalData: [UInt8] = [],
        into plaintext: inout WipedBuffer
    ) -> Bool {
        precondition(key.count == keySize && nonce.count == nonceSize, "a key has 32 bytes, a nonce 12")
        plaintext.removeAll()
        let count = sealed.count
        guard count >= tagSize else { return false }
        let status = plaintext.replace(count: count - tagSize) { plaintext in
            key.withPointer { key in
                nonce.withPointer { nonce in
                    additionalData.withPointer { data in
                        sealed.withPointer { sealed in
                            unsafe crypto_aead_chacha20poly1305_ietf_decrypt(
                                plaintext, nil, nil, sealed, UInt64(count), data, UInt64(additionalData.count), nonce,
                                key)
                        }
                    }
                }
            }
        }
        if status != 0 { plaintext.removeAll() }
        return status == 0
    }

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

import CSodium

/// Signatures after RFC 8032, by libsodium, which also refuses non-canonical S and points of small order.
package enum Ed25519 {
    package static let publicKeySize = 32
    package static let signatureSize = 64
    package static let seedSize = 32

    /// A public key: 32 bytes.
    package struct PublicKey: Hashable, Sendable {
        package let bytes: [UInt8]

        /// Nil unless there are exactly 32 bytes.
        package init?(_ bytes: [UInt8]) {
            guard bytes.count == publicKeySize else { return nil }
            self.bytes = bytes
        }

        /// Whether `signature` (64 bytes) is this key's for `message`.
        package func verifies(_ signature: Span<UInt8>, of message: Span<UInt8>) -> Bool {
            guard signature.count == signatureSize else { return false }
            Sodium.start()
            let count = UInt64(message.count)
            return bytes.withPointer { key in
                signature.withPointer { signature in
                    message.withPointer { message in
                        unsafe crypto_sign_verify_detached(signature, message, count, key) == 0
                    }
                }
            }
        }
    }

    /// A signing key, made from a 32-byte seed, which is also the form it is stored in.
    package struct SigningKey: ~Copyable, Sendable {
        private let expanded: SecretBytes
        package let publicKey: PublicKey

        /// From a seed of 32 bytes.
        package init(seed: borrowing SecretBytes) {
            self = seed.withSpan { Self(seed: $0) }
        }

        /// From a seed of 32 bytes, which the caller overwrites.
        package init(seed: Span<UInt8>) {
            precondition(seed.count == seedSize, "an Ed25519 seed has 32 bytes")
            var publicBytes = [UInt8](repeating: 0, count: publicKeySize)
            self.expanded = SecretBytes(count: 64) { secret in
                publicBytes.withMutablePointer { publicBytes in
                    seed.withPointer { seed in
                        _ = unsafe crypto_sign_seed_keypair(publicBytes, secret, seed)
                    }
                }
            }
            guard let publicKey = PublicKey(publicBytes) else { preconditionFailure("32 bytes were made") }
            self.publicKey = publicKey
        }

        /// The 32-byte seed, to be stored.
        package func seed() -> SecretBytes {
            SecretBytes(count: seedSize) { seed in
                expanded.withPointer { secret in
                    _ = unsafe crypto_sign_ed25519_sk_to_seed(seed, secret)
                }
            }
        }

        /// Bytes of a code.
        package static let codeSize = 32

        /// A code (32 bytes) that only who holds this key can make or check: keyed BLAKE2b (RFC 7693, by
        /// `crypto_generichash(3)`) under a key that is derived from the secret one for this purpose alone. A fraction
        /// of the time of a signature that is checked.
        package func code(of message: Span<UInt8>, purpose: StaticString) -> [UInt8] {
            var key = expanded.withSpan { Self.keyedHash(of: Array("\(purpose)".utf8).span, key: $0) }
            defer { key.wipe() }
            return Self.keyedHash(of: message, key: key.span)
        }

        /// Whether `code` is the message's for this purpose, compared in constant time.
        package func isCode(_ code: Span<UInt8>, of message: Span<UInt8>, purpose: StaticString) -> Bool {
            guard code.count == Self.codeSize else { return false }
            let expected = self.code(of: message, purpose: purpose)
            return expected.withPointer { expected in
                code.withPointer { code in unsafe sodium_memcmp(expected, code, Self.codeSize) == 0 }
            }
        }

        private static func keyedHash(of message: Span<UInt8>, key: Span<UInt8>) -> [UInt8] {
            Sodium.start()
            var code = [UInt8](repeating: 0, count: codeSize)
            let (count, keyCount) = (UInt64(message.count), key.count)
            code.withMutablePointer { code in
                message.withPointer { message in
                    key.withPointer { key in
                        _ = unsafe crypto_generichash(code, codeSize, message, count, key, keyCount)
                    }
                }
            }
            return code
        }

        /// The signature (64 bytes) of a message.
        package func sign(_ message: Span<UInt8>) -> [UInt8] {
            var signature = [UInt8](repeating: 0, count: signatureSize)
            let count = UInt64(message.count)
            signature.withMutablePointer { signature in
                message.withPointer { message in
                    expanded.withPointer { secret in
                        _ = unsafe crypto_sign_detached(signature, nil, message, count, secret)
                    }
                }
            }
            return signature
        }
    }
}

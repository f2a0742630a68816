/// Key derivation with HMAC-SHA-256 (RFC 5869). libsodium 1.0.18 has none of its own.
package enum HKDFSHA256 {
    /// A key of `count` bytes (at most 8,160): extract, then expand.
    package static func key(
        from material: borrowing SecretBytes, salt: Span<UInt8>, info: Span<UInt8>, count: Int = 32
    ) -> SecretBytes {
        expand(extract(material, salt: salt), info: info, count: count)
    }

    /// The pseudorandom key (32 bytes) of section 2.2. An empty salt is the RFC's "not provided".
    package static func extract(_ material: borrowing SecretBytes, salt: Span<UInt8>) -> SecretBytes {
        SecretBytes(count: HMACSHA256.size) { key in
            material.withSpan { material in HMACSHA256.compute(key: salt, material, into: key) }
        }
    }

    /// The output key of section 2.3.
    package static func expand(_ key: borrowing SecretBytes, info: Span<UInt8>, count: Int) -> SecretBytes {
        precondition(count <= 255 * HMACSHA256.size, "HKDF-SHA-256 makes at most 8,160 bytes")
        var block = SecretBytes(count: 0) { _ in }
        return SecretBytes(count: count) { output in
            var done = 0
            var number: UInt8 = 0
            while done < count {
                number += 1
                let counter = [number]
                let next = SecretBytes(count: HMACSHA256.size) { next in
                    key.withSpan { key in
                        block.withSpan { block in
                            HMACSHA256.compute(key: key, block, info, counter.span, into: next)
                        }
                    }
                }
                let wanted = min(HMACSHA256.size, count - done)
                next.withPointer { next in unsafe (output + done).update(from: next, count: wanted) }
                done += wanted
                block = next
            }
        }
    }
}

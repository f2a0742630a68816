import CSodium

/// The passphrase function of RFC 7914, by `crypto_pwhash_scryptsalsa208sha256_ll(3)`.
package enum Scrypt {
    /// A key of `count` bytes. The cost N is two to the power of `workFactor`.
    ///
    /// It takes 128 * `blockSize` * N bytes of memory: 256 MiB for a work factor of 18 with blocks of 8.
    /// Nil when the system does not grant them.
    package static func key(
        from passphrase: borrowing SecretBytes, salt: Span<UInt8>, workFactor: Int, blockSize: UInt32 = 8,
        parallelism: UInt32 = 1, count: Int = 32
    ) -> SecretBytes? {
        precondition((1...62).contains(workFactor), "the work factor is the logarithm of the cost")
        let saltCount = salt.count
        let passphraseCount = passphrase.count
        var status: Int32 = -1
        let key = SecretBytes(count: count) { key in
            passphrase.withPointer { passphrase in
                salt.withPointer { salt in
                    status = unsafe crypto_pwhash_scryptsalsa208sha256_ll(
                        passphrase, passphraseCount, salt, saltCount, 1 << UInt64(workFactor), blockSize, parallelism,
                        key, count)
                }
            }
        }
        guard status == 0 else { return nil }
        return key
    }
}

import CCrypto

/// MD5 (RFC 1321) by OpenSSL's libcrypto. It proves nothing against an adversary; S3's ETags are made of it.
package struct MD5: ~Copyable, Sendable {
    private var context = MD5_CTX()

    package init() {
        let started = unsafe MD5_Init(&context)
        precondition(started == 1, "MD5 could not be started")
    }

    package mutating func update(_ bytes: Span<UInt8>) {
        let done = unsafe bytes.withUnsafeBufferPointer { bytes in
            unsafe MD5_Update(&context, bytes.baseAddress, bytes.count)
        }
        precondition(done == 1, "MD5 could not continue")
    }

    /// The digest (16 bytes) of all that was given to `update`.
    package consuming func finish() -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: 16)
        let done = unsafe digest.withUnsafeMutableBufferPointer { unsafe MD5_Final($0.baseAddress, &context) }
        precondition(done == 1, "MD5 could not be finished")
        return digest
    }

    package static func hash(_ bytes: Span<UInt8>) -> [UInt8] {
        var hasher = MD5()
        hasher.update(bytes)
        return hasher.finish()
    }
}

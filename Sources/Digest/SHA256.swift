import CCrypto

/// SHA-256 (FIPS 180-4) by OpenSSL's libcrypto, which uses the processor's SHA instructions.
package struct SHA256: ~Copyable, Sendable {
    package static let size = 32

    private var context = SHA256_CTX()

    package init() {
        begin()
    }

    private mutating func begin() {
        let started = unsafe SHA256_Init(&context)
        precondition(started == 1, "SHA-256 could not be started")
    }

    package mutating func update(_ bytes: Span<UInt8>) {
        let done = unsafe bytes.withUnsafeBufferPointer { bytes in
            unsafe SHA256_Update(&context, bytes.baseAddress, bytes.count)
        }
        precondition(done == 1, "SHA-256 could not continue")
    }

    /// The digest of all that was given to `update`; a new one begins.
    package mutating func finish() -> SHA256Digest {
        var digest = SHA256Digest()
        let done = digest.withMutableBytes { bytes in
            unsafe SHA256_Final(bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), &context)
        }
        precondition(done == 1, "SHA-256 could not be finished")
        begin()
        return digest
    }

    /// The digest of one piece of bytes.
    package static func hash(_ bytes: Span<UInt8>) -> SHA256Digest {
        var hasher = SHA256()
        hasher.update(bytes)
        return hasher.finish()
    }
}

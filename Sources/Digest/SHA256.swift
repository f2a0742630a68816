import CCrypto

/// SHA-256 (FIPS 180-4) by OpenSSL's libcrypto, which uses the processor's SHA instructions.
///
/// The algorithm is fetched once and a context is reused (`EVP_DigestInit_ex2(3)` with a null type),
/// because a new context costs as much as hashing a short line.
@safe
package struct SHA256: ~Copyable, @unchecked Sendable {
    package static let size = 32

    @safe private struct Algorithm: @unchecked Sendable {
        let pointer: OpaquePointer

        init() {
            // The system's openssl.cnf is not ours to depend on, and reading it takes half a millisecond.
            OPENSSL_init_crypto(UInt64(OPENSSL_INIT_NO_LOAD_CONFIG), nil)
            guard let fetched = unsafe EVP_MD_fetch(nil, "SHA256", nil) else {
                fatalError("libcrypto offers no SHA-256")
            }
            unsafe pointer = fetched
        }
    }

    private static let algorithm = Algorithm()

    private let context: OpaquePointer

    package init() {
        guard let context = unsafe EVP_MD_CTX_new() else { fatalError("no memory for a digest") }
        let started = unsafe EVP_DigestInit_ex2(context, Self.algorithm.pointer, nil)
        precondition(started == 1, "SHA-256 could not be started")
        unsafe self.context = context
    }

    package mutating func update(_ bytes: Span<UInt8>) {
        let done = unsafe bytes.withUnsafeBufferPointer { bytes in
            unsafe EVP_DigestUpdate(context, bytes.baseAddress, bytes.count)
        }
        precondition(done == 1, "SHA-256 could not go on")
    }

    /// The digest of all that was given to `update`; a new one begins.
    package mutating func finish() -> SHA256Digest {
        var digest = SHA256Digest()
        let done = digest.withMutableBytes { bytes in
            unsafe EVP_DigestFinal_ex(context, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), nil)
        }
        let again = unsafe EVP_DigestInit_ex2(context, nil, nil)
        precondition(done == 1 && again == 1, "SHA-256 could not be finished")
        return digest
    }

    /// The digest of one piece of bytes.
    package static func hash(_ bytes: Span<UInt8>) -> SHA256Digest {
        var hasher = SHA256()
        hasher.update(bytes)
        return hasher.finish()
    }

    deinit {
        unsafe EVP_MD_CTX_free(context)
    }
}

import CCrypto
package import Sodium

/// ChaCha20-Poly1305 (RFC 8439, section 2.8) by OpenSSL's libcrypto, for what passes through in bulk: it is almost three
/// times as fast as libsodium's. `EVP_CIPHER_CTX_new(3)`
///
/// A sealed piece is the ciphertext, as long as the plaintext, and a tag of 16 bytes. The key lies in OpenSSL's memory,
/// which is not locked, but overwritten when the cipher is let go: it is one file's, and as long-lived as the pass over it.
@safe
package struct ChunkCipher: ~Copyable, @unchecked Sendable {
    package enum Direction { case seal, open }

    package static let keySize = 32
    package static let nonceSize = 12
    package static let tagSize = 16

    private let context: OpaquePointer
    private let direction: Direction
    private var tag = [UInt8](repeating: 0, count: ChunkCipher.tagSize)

    package init(_ direction: Direction, key: borrowing SecretBytes) {
        precondition(key.count == Self.keySize, "a key has 32 bytes")
        // Without its configuration file, which is not ours and may name other providers.
        _ = OPENSSL_init_crypto(UInt64(OPENSSL_INIT_NO_LOAD_CONFIG), nil)
        guard let context = unsafe EVP_CIPHER_CTX_new() else { fatalError("no memory for a cipher") }
        let cipher = unsafe EVP_chacha20_poly1305()
        let done = key.withPointer { key in
            unsafe EVP_CipherInit_ex(context, cipher, nil, key, nil, direction == .seal ? 1 : 0)
        }
        precondition(done == 1, "ChaCha20-Poly1305 could not be started")
        unsafe self.context = context
        self.direction = direction
    }

    /// Replaces what is in `sealed` by the ciphertext and tag of `plaintext`. No memory is allocated.
    package mutating func seal(
        _ plaintext: Span<UInt8>, nonce: Span<UInt8>, additionalData: [UInt8] = [], into sealed: inout WipedBuffer
    ) {
        precondition(direction == .seal, "this cipher opens")
        begin(nonce, additionalData.span)
        let context = unsafe self.context
        let count = plaintext.count
        let done = sealed.replace(count: count + Self.tagSize) { sealed in
            guard unsafe Self.update(context, plaintext, into: sealed) else { return false }
            var rest: Int32 = 0
            return unsafe EVP_CipherFinal_ex(context, sealed + count, &rest) == 1
                && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, Int32(Self.tagSize), sealed + count) == 1
        }
        precondition(done, "ChaCha20-Poly1305 failed")
    }

    /// Replaces what is in `plaintext` by the plaintext of `sealed`; false, with nothing in it, when the tag
    /// does not match. `sealed` is left as it is, so another nonce can be tried.
    package mutating func open(
        _ sealed: Span<UInt8>, nonce: Span<UInt8>, additionalData: [UInt8] = [], into plaintext: inout WipedBuffer
    ) -> Bool {
        precondition(direction == .open, "this cipher seals")
        plaintext.removeAll()
        let count = sealed.count - Self.tagSize
        guard count >= 0 else { return false }
        begin(nonce, additionalData.span)
        let context = unsafe self.context
        for index in 0..<Self.tagSize { tag[index] = sealed[count + index] }
        let isSet = unsafe EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, Int32(Self.tagSize), &tag)
        precondition(isSet == 1, "the tag could not be set")
        let isGenuine = plaintext.replace(count: count) { plaintext in
            guard unsafe Self.update(context, sealed.extracting(..<count), into: plaintext) else { return false }
            var rest: Int32 = 0
            return unsafe EVP_CipherFinal_ex(context, plaintext + count, &rest) == 1
        }
        if !isGenuine { plaintext.removeAll() }
        return isGenuine
    }

    /// The tag of a piece without a plaintext, which only this key and nonce give to `additionalData`.
    package mutating func tag(of additionalData: Span<UInt8>, nonce: Span<UInt8>) -> SIMD16<UInt8> {
        precondition(direction == .seal, "this cipher opens")
        begin(nonce, additionalData)
        let context = unsafe self.context
        var tag = SIMD16<UInt8>()
        let done = unsafe withUnsafeMutableBytes(of: &tag) { tag in
            guard let start = tag.baseAddress else { return false }
            var rest: Int32 = 0
            return unsafe EVP_CipherFinal_ex(context, start, &rest) == 1
                && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, Int32(Self.tagSize), start) == 1
        }
        precondition(done, "ChaCha20-Poly1305 failed")
        return tag
    }

    private mutating func begin(_ nonce: Span<UInt8>, _ additionalData: Span<UInt8>) {
        precondition(nonce.count == Self.nonceSize, "a nonce has 12 bytes")
        let context = unsafe self.context
        let started = unsafe nonce.withUnsafeBufferPointer {
            unsafe EVP_CipherInit_ex(context, nil, nil, nil, $0.baseAddress, direction == .seal ? 1 : 0)
        }
        precondition(started == 1, "the nonce could not be set")
        if additionalData.isEmpty { return }
        var count: Int32 = 0
        let done = unsafe additionalData.withUnsafeBufferPointer {
            unsafe EVP_CipherUpdate(context, nil, &count, $0.baseAddress, Int32($0.count))
        }
        precondition(done == 1, "the additional data could not be set")
    }

    @unsafe private static func update(
        _ context: OpaquePointer, _ input: Span<UInt8>, into output: UnsafeMutablePointer<UInt8>
    ) -> Bool {
        // No input would be taken for the end.
        if input.count == 0 { return true }
        var count: Int32 = 0
        let done = unsafe input.withUnsafeBufferPointer {
            unsafe EVP_CipherUpdate(context, output, &count, $0.baseAddress, Int32($0.count))
        }
        return done == 1 && Int(count) == input.count
    }

    deinit {
        unsafe EVP_CIPHER_CTX_free(context)
    }
}

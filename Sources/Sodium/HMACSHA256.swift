import CSodium

/// Message authentication with SHA-256 (RFC 2104, RFC 6234), by `crypto_auth_hmacsha256(3)`.
package enum HMACSHA256 {
    /// Bytes of a code.
    package static let size = 32

    /// The code (32 bytes) of a message, under a key of any length.
    package static func code(of message: Span<UInt8>, key: borrowing SecretBytes) -> [UInt8] {
        var code = [UInt8](repeating: 0, count: size)
        code.withMutablePointer { code in
            key.withSpan { key in compute(key: key, message, into: code) }
        }
        return code
    }

    /// Whether `code` is the message's, compared in constant time.
    package static func isValid(_ code: Span<UInt8>, of message: Span<UInt8>, key: borrowing SecretBytes) -> Bool {
        guard code.count == size else { return false }
        let expected = self.code(of: message, key: key)
        return expected.withPointer { expected in
            code.withPointer { code in unsafe sodium_memcmp(expected, code, size) == 0 }
        }
    }

    /// Writes to `code` (32 bytes) the code of the pieces one after the other.
    @safe static func compute(
        key: Span<UInt8>, _ first: Span<UInt8>, _ second: Span<UInt8>? = nil, _ third: Span<UInt8>? = nil,
        into code: UnsafeMutablePointer<UInt8>
    ) {
        Sodium.start()
        var state = crypto_auth_hmacsha256_state()
        let count = key.count
        key.withPointer { key in _ = unsafe crypto_auth_hmacsha256_init(&state, key, count) }
        add(first, to: &state)
        if let second { add(second, to: &state) }
        if let third { add(third, to: &state) }
        _ = unsafe crypto_auth_hmacsha256_final(&state, code)
        unsafe sodium_memzero(&state, MemoryLayout<crypto_auth_hmacsha256_state>.size)
    }

    private static func add(_ piece: Span<UInt8>, to state: inout crypto_auth_hmacsha256_state) {
        let count = UInt64(piece.count)
        piece.withPointer { piece in _ = unsafe crypto_auth_hmacsha256_update(&state, piece, count) }
    }
}

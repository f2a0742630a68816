internal import Sodium

/// The key of one file, 16 bytes, from which the keys of its two parts are derived.
struct FileKey: ~Copyable {
    let bytes: SecretBytes

    /// A new random one.
    init() {
        bytes = SecretBytes(randomCount: AgeFormat.fileKeySize)
    }

    /// Takes over 16 bytes.
    init(_ bytes: consuming SecretBytes) {
        precondition(bytes.count == AgeFormat.fileKeySize, "a file key has 16 bytes")
        self.bytes = bytes
    }

    /// The MAC (32 bytes) of a header, from its first byte up to and including `---` ("Header MAC").
    func mac(of header: Span<UInt8>) -> [UInt8] {
        HMACSHA256.code(of: header, key: key(salt: [], info: "header"))
    }

    /// Whether `mac` is the header's, compared in constant time.
    func isValid(_ mac: Span<UInt8>, of header: Span<UInt8>) -> Bool {
        HMACSHA256.isValid(mac, of: header, key: key(salt: [], info: "header"))
    }

    /// The key of the chunks; the nonce (16 bytes) stands before them ("Payload").
    func payloadKey(nonce: [UInt8]) -> SecretBytes {
        key(salt: nonce, info: "payload")
    }

    private func key(salt: [UInt8], info: StaticString) -> SecretBytes {
        let info = info.bytes
        return HKDFSHA256.key(from: bytes, salt: salt.span, info: info.span)
    }

    /// The file key under a wrap key: 32 bytes, for the body of a stanza. The nonce is zero, as a wrap key
    /// is used once.
    func wrapped(with wrapKey: borrowing SecretBytes) -> [UInt8] {
        let nonce = [UInt8](repeating: 0, count: ChaCha20Poly1305.nonceSize)
        return ChaCha20Poly1305.seal(bytes, key: wrapKey, nonce: nonce.span)
    }

    /// The file key in the body (32 bytes) of a stanza; nil if it is not for this wrap key.
    static func unwrap(_ body: [UInt8], with wrapKey: borrowing SecretBytes) -> FileKey? {
        let nonce = [UInt8](repeating: 0, count: ChaCha20Poly1305.nonceSize)
        guard body.count == wrappedSize,
            let bytes = ChaCha20Poly1305.open(body.span, key: wrapKey, nonce: nonce.span)
        else { return nil }
        return FileKey(bytes)
    }

    /// Bytes of a wrapped file key. A body of another size is refused before it is opened, because a longer one
    /// could be made to open under several keys (partitioning oracle).
    static let wrappedSize = AgeFormat.fileKeySize + AgeFormat.tagSize
}

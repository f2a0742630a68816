import HandMadeBytes
import Sodium
import Testing

@Suite("ChaCha20-Poly1305 for keys")
struct ChaCha20Poly1305Tests {
    private let key = bytes("808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f")

    @Test("A small secret comes back, and only under its key")
    func smallSecret() {
        let zero = [UInt8](repeating: 0, count: ChaCha20Poly1305.nonceSize)
        let inner = SecretBytes(randomCount: 16)
        let piece = ChaCha20Poly1305.seal(inner, key: secret(key), nonce: zero.span)
        #expect(piece.count == 32)
        switch ChaCha20Poly1305.open(piece.span, key: secret(key), nonce: zero.span) {
        case .some(let opened):
            let isSame = opened.equals(inner)
            #expect(isSame)
        case .none: Issue.record("it does not open")
        }
        switch ChaCha20Poly1305.open(piece.span, key: SecretBytes(randomCount: 32), nonce: zero.span) {
        case .some: Issue.record("it opens under another key")
        case .none: break
        }
    }
}

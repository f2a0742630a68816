import Sodium
import Testing

struct KeyedCodeTests {
    private func key(_ byte: UInt8) -> Ed25519.SigningKey {
        var seed = [UInt8](repeating: byte, count: Ed25519.seedSize)
        return Ed25519.SigningKey(seed: SecretBytes(moving: &seed))
    }

    @Test("A code is good for its message, its purpose and its key, and for nothing else")
    func codes() {
        let key = key(1)
        let message = Array("position".utf8)
        let code = key.code(of: message.span, purpose: "one")
        #expect(code.count == Ed25519.SigningKey.codeSize)
        #expect(key.isCode(code.span, of: message.span, purpose: "one"))
        #expect(!key.isCode(code.span, of: message.span, purpose: "other"))
        #expect(!key.isCode(code.span, of: Array("positiom".utf8).span, purpose: "one"))
        #expect(!self.key(2).isCode(code.span, of: message.span, purpose: "one"))
        for index in code.indices {
            var flipped = code
            flipped[index] ^= 1
            #expect(!key.isCode(flipped.span, of: message.span, purpose: "one"))
        }
        #expect(!key.isCode(code.dropLast().span, of: message.span, purpose: "one"))
    }
}

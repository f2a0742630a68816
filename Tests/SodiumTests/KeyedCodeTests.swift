import Sodium
import Testing

struct KeyedCodeTests {
    private func key(_ byte: UInt8) -> Ed25519.SigningKey {
        var seed = [UInt8](repeating: byte, count: Ed25519.seedSize)
        return Ed25519.SigningKey(seed: SecretBytes(moving: &seed))
    }

    private func isGood(
        _ code: [UInt8], of message: String = "position", purpose: StaticString = "one", key byte: UInt8 = 1
    ) -> Bool {
        key(byte).isCode(code.span, of: Array(message.utf8).span, purpose: purpose)
    }

    @Test("A code is good for its message, its purpose and its key, and for nothing else")
    func codes() {
        let code = key(1).code(of: Array("position".utf8).span, purpose: "one")
        #expect(code.count == Ed25519.SigningKey.codeSize)
        #expect(isGood(code))
        #expect(!isGood(code, purpose: "other"))
        #expect(!isGood(code, of: "positiom"))
        #expect(!isGood(code, key: 2))
        #expect(!isGood(code.dropLast()))
        for index in code.indices {
            var flipped = code
            flipped[index] ^= 1
            #expect(!isGood(flipped))
        }
    }
}

import Cipher
import HandMadeBytes
import Sodium
import Testing

@Suite("ChaCha20-Poly1305 in bulk gives what RFC 8439 says")
struct ChunkCipherTests {
    private let key = bytes("808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f")
    private let nonce = bytes("070000004041424344454647")
    private let data = bytes("50515253c0c1c2c3c4c5c6c7")
    private let plaintext = Array(
        ("Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, "
            + "sunscreen would be it.").utf8)
    private let sealed = bytes(
        """
        d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d6
        3dbea45e8ca9671282fafb69da92728b1a71de0a9e060b2905d6a5b67ecd3b36
        92ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc
        3ff4def08e4b7a9de576d26586cec64b6116
        1ae10b594f09e26a7e902ecbd0600691
        """)

    private func copy(_ buffer: borrowing WipedBuffer) -> [UInt8] {
        buffer.withSpan { span in span.indices.map { span[$0] } }
    }

    @Test("Section 2.8.2: sealing and opening")
    func example() {
        var buffer = WipedBuffer(capacity: 200)
        var sealing = ChunkCipher(.seal, key: secret(key))
        sealing.seal(plaintext.span, nonce: nonce.span, additionalData: data, into: &buffer)
        #expect(copy(buffer) == sealed)

        var opening = ChunkCipher(.open, key: secret(key))
        let isOpen = opening.open(sealed.span, nonce: nonce.span, additionalData: data, into: &buffer)
        #expect(isOpen)
        #expect(copy(buffer) == plaintext)
    }

    @Test("A tag of data alone is that of sealing nothing")
    func tagAlone() {
        let nothing: [UInt8] = []
        var buffer = WipedBuffer(capacity: 16)
        var cipher = ChunkCipher(.seal, key: secret(key))
        for data in [[], data, [UInt8](repeating: 7, count: 100_000)] {
            cipher.seal(nothing.span, nonce: nonce.span, additionalData: data, into: &buffer)
            let tag = cipher.tag(of: data.span, nonce: nonce.span)
            #expect((0..<16).map { tag[$0] } == copy(buffer))
        }
    }

    @Test("Any changed byte, a shorter piece, another nonce or other data open nothing")
    func rejection() {
        var buffer = WipedBuffer(capacity: 200)
        var cipher = ChunkCipher(.open, key: secret(key))
        func opens(_ sealed: [UInt8], nonce: [UInt8], data: [UInt8]) -> Bool {
            let isOpen = cipher.open(sealed.span, nonce: nonce.span, additionalData: data, into: &buffer)
            return isOpen || buffer.count > 0
        }
        for index in sealed.indices {
            var changed = sealed
            changed[index] ^= 0x10
            #expect(!opens(changed, nonce: nonce, data: data))
        }
        for count in [0, 1, 15, 16, sealed.count - 1] {
            #expect(!opens(Array(sealed.prefix(count)), nonce: nonce, data: data))
        }
        #expect(!opens(sealed, nonce: nonce.reversed(), data: data))
        #expect(!opens(sealed, nonce: nonce, data: []))
    }

    @Test("Piece after piece, of any size, it seals what libsodium seals and opens what that opens")
    func twoLibraries() {
        var sealing = ChunkCipher(.seal, key: secret(key))
        var opening = ChunkCipher(.open, key: secret(key))
        var buffer = WipedBuffer(capacity: 70_000)
        for (number, size) in [0, 1, 15, 16, 17, 63, 64, 65, 255, 4096, 65_535, 65_536, 0, 1].enumerated() {
            let nonce = [UInt8](repeating: 0, count: 11) + [UInt8(number)]
            let plaintext = (0..<size).map { UInt8(truncatingIfNeeded: $0 * 31 + number) }
            var moved = plaintext
            let expected = ChaCha20Poly1305.seal(SecretBytes(moving: &moved), key: secret(key), nonce: nonce.span)
            sealing.seal(plaintext.span, nonce: nonce.span, into: &buffer)
            #expect(copy(buffer) == expected)
            // One that fails in between must not disturb the next.
            var changed = expected
            changed[changed.count - 1] ^= 1
            #expect(!opening.open(changed.span, nonce: nonce.span, into: &buffer))
            let isOpen = opening.open(expected.span, nonce: nonce.span, into: &buffer)
            #expect(isOpen)
            #expect(copy(buffer) == plaintext)
        }
    }
}

import HandMadeBytes
import Sodium
import Testing

@Suite("X25519 gives what RFC 7748 says")
struct X25519Tests {
    private func shared(_ key: borrowing SecretBytes, _ publicKey: [UInt8]) -> [UInt8]? {
        switch X25519.sharedSecret(of: key, with: publicKey.span) {
        case .some(let shared): copy(shared)
        case .none: nil
        }
    }

    private func publicKey(of key: [UInt8]) -> [UInt8] { X25519.publicKey(of: secret(key)) }

    @Test(
        "Section 5.2: a scalar and a coordinate",
        arguments: [
            (
                "a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4",
                "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c",
                "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552"
            ),
            (
                "4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d",
                "e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493",
                "95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957"
            ),
        ])
    func multiplication(scalar: String, coordinate: String, product: String) {
        #expect(shared(secret(bytes(scalar)), bytes(coordinate)) == bytes(product))
    }

    @Test("Section 5.2: a thousand rounds")
    func iteration() {
        var key = bytes("0900000000000000000000000000000000000000000000000000000000000000")
        var coordinate = key
        for _ in 0..<1000 {
            let next = shared(secret(key), coordinate) ?? []
            coordinate = key
            key = next
        }
        #expect(key == bytes("684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51"))
    }

    @Test("Section 6.1: public keys, and both sides reach the same secret")
    func agreement() {
        let alice = bytes("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a")
        let alicePublic = bytes("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a")
        let bob = bytes("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb")
        let bobPublic = bytes("de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f")
        let expected = bytes("4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742")

        #expect(publicKey(of: alice) == alicePublic)
        #expect(publicKey(of: bob) == bobPublic)
        #expect(shared(secret(alice), bobPublic) == expected)
        #expect(shared(secret(bob), alicePublic) == expected)
    }

    @Test(
        "A point of small order gives no secret",
        arguments: [
            "0000000000000000000000000000000000000000000000000000000000000000",
            "0100000000000000000000000000000000000000000000000000000000000000",
            "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
            "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
            "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        ])
    func smallOrder(point: String) {
        #expect(shared(SecretBytes(randomCount: X25519.size), bytes(point)) == nil)
    }
}

import HandMadeBytes
import Sodium
import Testing

@Suite("HMAC, HKDF and scrypt give what their RFCs say")
struct KeyDerivationTests {
    private func code(of message: [UInt8], _ key: [UInt8]) -> [UInt8] {
        HMACSHA256.code(of: message.span, key: secret(key))
    }

    private func isValid(_ code: [UInt8], of message: [UInt8], _ key: [UInt8]) -> Bool {
        HMACSHA256.isValid(code.span, of: message.span, key: secret(key))
    }

    @Test("HMAC-SHA-256: RFC 4231, test cases 1, 2, 3 and 6")
    func authenticationCodes() {
        let cases = [
            (
                [UInt8](repeating: 0x0b, count: 20), Array("Hi There".utf8),
                "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
            ),
            (
                Array("Jefe".utf8), Array("what do ya want for nothing?".utf8),
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
            ),
            (
                [UInt8](repeating: 0xaa, count: 20), [UInt8](repeating: 0xdd, count: 50),
                "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"
            ),
            (
                [UInt8](repeating: 0xaa, count: 131),
                Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8),
                "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
            ),
        ]
        for (key, message, digits) in cases {
            let expected = bytes(digits)
            #expect(code(of: message, key) == expected)
            #expect(isValid(expected, of: message, key))
            #expect(!isValid(Array(expected.dropLast()), of: message, key))
            #expect(!isValid([expected[0] ^ 1] + expected.dropFirst(), of: message, key))
        }
    }

    @Test("HKDF-SHA-256: RFC 5869, test case 1")
    func basicDerivation() {
        let material = secret([UInt8](repeating: 0x0b, count: 22))
        let salt = bytes("000102030405060708090a0b0c")
        let info = bytes("f0f1f2f3f4f5f6f7f8f9")

        let pseudorandom = HKDFSHA256.extract(material, salt: salt.span)
        let key = HKDFSHA256.expand(pseudorandom, info: info.span, count: 42)

        #expect(copy(pseudorandom) == bytes("077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5"))
        let expected = bytes(
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865")
        #expect(copy(key) == expected)
        #expect(copy(HKDFSHA256.key(from: material, salt: salt.span, info: info.span, count: 42)) == expected)
    }

    @Test("HKDF-SHA-256: RFC 5869, test case 2, with long inputs and several blocks")
    func longDerivation() {
        let material = secret((0x00...0x4f).map { UInt8($0) })
        let salt = (0x60...0xaf).map { UInt8($0) }
        let info = (0xb0...0xff).map { UInt8($0) }

        let key = HKDFSHA256.key(from: material, salt: salt.span, info: info.span, count: 82)

        #expect(
            copy(key)
                == bytes(
                    """
                    b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c
                    59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71
                    cc30c58179ec3e87c14c01d5c1f3434f1d87
                    """))
    }

    @Test("HKDF-SHA-256: RFC 5869, test case 3, without salt and info")
    func bareDerivation() {
        let material = secret([UInt8](repeating: 0x0b, count: 22))
        let none: [UInt8] = []

        let key = HKDFSHA256.key(from: material, salt: none.span, info: none.span, count: 42)

        #expect(
            copy(key)
                == bytes(
                    "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"))
    }

    @Test("scrypt: RFC 7914, section 12, the first three")
    func passphraseKeys() throws {
        let cases: [(String, String, Int, UInt32, UInt32, String)] = [
            (
                "", "", 4, 1, 1,
                """
                77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442
                fcd0069ded0948f8326a753a0fc81f17e8d3e0fb2e0d3628cf35e20c38d18906
                """
            ),
            (
                "password", "NaCl", 10, 8, 16,
                """
                fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162
                2eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640
                """
            ),
            (
                "pleaseletmein", "SodiumChloride", 14, 8, 1,
                """
                7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2
                d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887
                """
            ),
        ]
        for (passphrase, salt, workFactor, blockSize, parallelism, expected) in cases {
            let key = Scrypt.key(
                from: secret(Array(passphrase.utf8)), salt: Array(salt.utf8).span, workFactor: workFactor,
                blockSize: blockSize, parallelism: parallelism, count: 64)
            switch key {
            case .some(let key): #expect(copy(key) == bytes(expected))
            case .none: Issue.record("no memory for scrypt")
            }
        }
    }

    @Test("scrypt says so when there is no memory for it")
    func noMemory() {
        let isThere: Bool
        switch Scrypt.key(from: secret([1]), salt: [UInt8](repeating: 0, count: 16).span, workFactor: 50) {
        case .some: isThere = true
        case .none: isThere = false
        }
        #expect(!isThere)
    }
}

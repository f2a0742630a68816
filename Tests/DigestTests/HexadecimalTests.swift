import Digest
import Testing

struct HexadecimalTests {
    static let digits = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

    @Test("Every byte goes to two lower-case digits and back")
    func roundTrip() {
        let bytes = (0...255).map { UInt8($0) }
        let text = hexadecimal(bytes)
        #expect(text.count == 512)
        #expect(text.hasPrefix("000102") && text.hasSuffix("fdfeff"))
        #expect(decodeHexadecimal(text) == bytes)
        #expect(decodeHexadecimal("") == [])
    }

    @Test(
        "What hexadecimal would not write is refused",
        arguments: ["0", "abc", "AB", "0g", "0x", " 0", "0 ", "+1", "-1", "0\n", "é", "٠١", "/0", ":0", "`0"])
    func strict(text: String) {
        #expect(decodeHexadecimal(text) == nil)
    }

    @Test("A digest is read from exactly 64 lower-case digits")
    func digest() {
        #expect(SHA256Digest(hex: Self.digits)?.hex == Self.digits)
        #expect(SHA256Digest(hex: Self.digits.uppercased()) == nil)
        #expect(SHA256Digest(hex: Self.digits.dropLast(2)) == nil)
        #expect(SHA256Digest(hex: Self.digits + "00") == nil)
        #expect(SHA256Digest(hex: "") == nil)
        #expect(SHA256Digest([UInt8](repeating: 0, count: 31)) == nil)
    }

    @Test("Digests are equal when all 32 bytes are")
    func equality() {
        let zero = SHA256Digest()
        #expect(zero.bytes == [UInt8](repeating: 0, count: 32))
        for index in 0..<32 {
            var bytes = zero.bytes
            bytes[index] = 1
            #expect(SHA256Digest(bytes) != zero)
            #expect(SHA256Digest(bytes)?.bytes == bytes)
        }
    }
}

import Sodium
import Testing

@Suite("Base64 has one spelling")
struct Base64Tests {
    @Test("The test vectors of RFC 4648")
    func vectors() {
        let vectors = [
            ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ]
        for (plain, encoded) in vectors {
            let bytes = Array(plain.utf8)
            #expect(Base64.encode(bytes) == encoded)
            #expect(Base64.decode(encoded, count: bytes.count) == bytes)
            let bare = Array(encoded.utf8.filter { $0 != UInt8(ascii: "=") })
            let unpadded = Base64.encodeUnpadded(bytes.span)
            #expect(unpadded == bare)
            let back = Base64.decodeUnpadded(bare.span)
            #expect(back == bytes)
        }
    }

    @Test("Every byte at every place comes back")
    func roundTrip() {
        for count in 0..<70 {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ count) }
            #expect(Base64.decode(Base64.encode(bytes), count: count) == bytes)
        }
        for byte in UInt8.min...UInt8.max {
            #expect(Base64.decode(Base64.encode([byte, 255 - byte]), count: 2) == [byte, 255 - byte])
        }
    }

    @Test("Exactly one text stands for a given tail: stray bits are refused")
    func strayBits() {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
        #expect(alphabet.compactMap { Base64.decode("A\($0)==", count: 1) }.count == 4)
        #expect(alphabet.compactMap { Base64.decode("AA\($0)=", count: 2) }.count == 16)
    }

    @Test(
        "Other spellings are refused",
        arguments: [
            ("Zg", 1), ("Zg=", 1), ("Zg===", 1), ("Zg==", 2), ("Zm8=", 1), ("Zm9v", 2), ("Z-8=", 2), ("Z_8=", 2),
            ("Zm 8", 3),
            ("Zm9\n", 3), ("=g==", 1), ("Z===", 1), ("Zg=A", 2), ("Zh==", 1), ("Zm9=", 2), ("\u{e9}8=", 2), ("====", 1),
            ("", 1), ("AAAA", 0),
        ])
    func refused(_ text: String, _ count: Int) {
        #expect(Base64.decode(text, count: count) == nil)
        let isCanonical = Base64.isCanonical(Array(text.utf8).span, count: count)
        #expect(!isCanonical)
    }

    @Test(
        "Without padding the same spellings are refused",
        arguments: ["Z", "Zg==", "Zg=", "Zm8=", "Zm9vZ", "Zh", "Zm9", "Z-8", "Zm 8", "Zm8\n", "\u{0}", "=", "Zm\u{e9}"])
    func unpaddedRefused(_ text: String) {
        let bytes = Base64.decodeUnpadded(Array(text.utf8).span)
        #expect(bytes == nil)
    }

    @Test("A line is added to a buffer whole or not at all")
    func intoBuffer() {
        var buffer = WipedBuffer(capacity: 6)
        func isAdded(_ text: String) -> Bool { Base64.decode(Array(text.utf8).span, into: &buffer) }
        for text in ["Zg", "Zg=", "Zh==", "Zm9vZ===", "Zm\n="] {
            let isAdded = isAdded(text)
            #expect(!isAdded && buffer.count == 0, "\(text)")
        }
        let areAdded = isAdded("Zg==") && isAdded("Zm9v")
        let bytes = buffer.withSpan { span in span.indices.map { span[$0] } }
        #expect(areAdded && bytes == Array("ffoo".utf8))
    }

    @Test("What is only looked at is canonical exactly if it can be read")
    func looksAsItReads() {
        var text = Array(Base64.encode((0..<64).map { UInt8($0 * 4 + 3) }).utf8)
        var differ: [(byte: UInt8, index: Int)] = []
        for index in text.indices {
            let right = text[index]
            for other in UInt8.min...UInt8.max {
                text[index] = other
                let isRead = Base64.decode(text.span, count: 64) != nil
                let isCanonical = Base64.isCanonical(text.span, count: 64)
                if isCanonical != isRead || (other == right && !isRead) { differ.append((other, index)) }
            }
            text[index] = right
        }
        #expect(differ.isEmpty)
    }
}

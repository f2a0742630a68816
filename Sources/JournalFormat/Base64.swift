/// Standard base64 with padding (RFC 4648, section 4), canonical: bits that are left over must be zero.
package enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    private static let values: [UInt8] = {
        var values = [UInt8](repeating: 0xff, count: 256)
        for (value, character) in alphabet.enumerated() { values[Int(character)] = UInt8(value) }
        return values
    }()

    package static func encode(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        write(bytes, to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    static func write(_ bytes: [UInt8], to text: inout [UInt8]) {
        let alphabet = alphabet.span
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let count = min(3, bytes.count - start)
            var group = UInt32(bytes[start]) << 16
            if count > 1 { group |= UInt32(bytes[start + 1]) << 8 }
            if count > 2 { group |= UInt32(bytes[start + 2]) }
            text.append(alphabet[Int(group >> 18)])
            text.append(alphabet[Int(group >> 12 & 63)])
            text.append(count > 1 ? alphabet[Int(group >> 6 & 63)] : UInt8(ascii: "="))
            text.append(count > 2 ? alphabet[Int(group & 63)] : UInt8(ascii: "="))
        }
    }

    /// Exactly `count` bytes, or nil where the text is anything but their one spelling.
    package static func decode(_ text: Span<UInt8>, count: Int) -> [UInt8]? {
        guard text.count == (count + 2) / 3 * 4 else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count + 2)
        var seen: UInt8 = 0
        let table = values.span
        let padding = (3 - count % 3) % 3
        for index in text.count - padding..<text.count where text[index] != UInt8(ascii: "=") { return nil }
        for start in stride(from: 0, to: text.count, by: 4) {
            var group: UInt32 = 0
            for index in start..<start + 4 {
                let value = index < text.count - padding ? table[Int(text[index])] : 0
                seen |= value
                group = group << 6 | UInt32(value & 63)
            }
            bytes.append(UInt8(truncatingIfNeeded: group >> 16))
            bytes.append(UInt8(truncatingIfNeeded: group >> 8))
            bytes.append(UInt8(truncatingIfNeeded: group))
        }
        guard seen & 0xc0 == 0 else { return nil }
        while bytes.count > count {
            if bytes.removeLast() != 0 { return nil }
        }
        return bytes
    }

    /// Whether the text is the one spelling of `count` bytes; nothing is kept, so this is cheap.
    static func isCanonical(_ text: Span<UInt8>, count: Int) -> Bool {
        guard text.count == (count + 2) / 3 * 4 else { return false }
        let padding = (3 - count % 3) % 3
        let table = values.span
        let end = text.count - padding
        guard isAlphabet(text.extracting(..<end)) else { return false }
        for index in end..<text.count where text[index] != UInt8(ascii: "=") { return false }
        // The last character holds 2 bits too many for each padding character; they must be zero.
        let spare: UInt8 = padding == 0 ? 0 : 1 << (2 * UInt8(padding)) - 1
        return end == 0 || table[Int(text[end - 1])] & spare == 0
    }

    /// Whether these are characters of the alphabet and nothing else, eight at a time.
    private static func isAlphabet(_ text: Span<UInt8>) -> Bool {
        guard text.count >= 8 else { return (0..<text.count).allSatisfy { values[Int(text[$0])] < 64 } }
        var strangers: UInt64 = 0
        var index = 0
        while index + 8 <= text.count {
            strangers |= unsafe strangersIn(
                text.bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: index, as: UInt64.self))
            index += 8
        }
        // The last eight once more, with those that were left over.
        strangers |= unsafe strangersIn(
            text.bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: text.count - 8, as: UInt64.self))
        return strangers == 0
    }

    /// The high bit of each of eight characters that is not in the alphabet.
    @inline(__always)
    private static func strangersIn(_ word: UInt64) -> UInt64 {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let highs = ones &* 0x80
        // Without high bits no sum carries into the next character; a character that has one is a stranger anyway.
        let plain = word & ~highs
        func isAtLeast(_ low: UInt8, _ word: UInt64) -> UInt64 { word &+ ones &* UInt64(0x80 - low) }
        let small = plain | ones &* 0x20
        let letters = isAtLeast(UInt8(ascii: "a"), small) & ~isAtLeast(UInt8(ascii: "z") + 1, small)
        let digits = isAtLeast(UInt8(ascii: "/"), plain) & ~isAtLeast(UInt8(ascii: "9") + 1, plain)
        let plus = isAtLeast(UInt8(ascii: "+"), plain) & ~isAtLeast(UInt8(ascii: "+") + 1, plain)
        return (word | ~(letters | digits | plus)) & highs
    }

    package static func decode(_ text: String, count: Int) -> [UInt8]? {
        decode(Array(text.utf8).span, count: count)
    }
}

import CSodium

/// Base64 (RFC 4648, section 4), by `sodium_bin2base64(3)`. Only the one spelling of some bytes is read: no blank, no
/// other character, no padding too many or too few, and bits that are left over are zero (section 3.5).
package enum Base64 {
    private static let padded = Int32(sodium_base64_VARIANT_ORIGINAL)
    private static let unpadded = Int32(sodium_base64_VARIANT_ORIGINAL_NO_PADDING)

    /// With padding.
    package static func encode(_ bytes: [UInt8]) -> String {
        String(decoding: text(of: bytes.span, padded), as: UTF8.self)
    }

    /// Adds the text of `bytes`, with padding.
    package static func write(_ bytes: [UInt8], to output: inout [UInt8]) {
        output += text(of: bytes.span, padded)
    }

    /// Without padding, as age's headers have it.
    package static func encodeUnpadded(_ bytes: Span<UInt8>) -> [UInt8] { text(of: bytes, unpadded) }

    /// Exactly `count` bytes; nil where the text is anything but their one spelling, with padding.
    package static func decode(_ text: Span<UInt8>, count: Int) -> [UInt8]? {
        guard text.count == (count + 2) / 3 * 4, let bytes = bytes(of: text, padded), bytes.count == count else {
            return nil
        }
        return bytes
    }

    package static func decode(_ text: String, count: Int) -> [UInt8]? {
        decode(Array(text.utf8).span, count: count)
    }

    /// Adds what the text stands for to `bytes`, which must have room for 3 bytes of each 4 characters.
    ///
    /// - Returns: false, and nothing is added, where the text is not the one spelling of some bytes, with padding.
    package static func decode(_ text: Span<UInt8>, into bytes: inout WipedBuffer) -> Bool {
        bytes.append(atMost: text.count / 4 * 3) { decode(text, padded, into: $0, $1) }
    }

    /// Any number of bytes; nil where the text is not their one spelling, with padding.
    package static func decode(_ text: Span<UInt8>) -> [UInt8]? { bytes(of: text, padded) }

    /// Any number of bytes; nil where the text is not their one spelling, without padding.
    package static func decodeUnpadded(_ text: Span<UInt8>) -> [UInt8]? { bytes(of: text, unpadded) }

    private static func text(of bytes: Span<UInt8>, _ variant: Int32) -> [UInt8] {
        let count = bytes.count
        let size = sodium_base64_encoded_len(count, variant)
        var text = [UInt8](repeating: 0, count: size)
        text.withMutablePointer { text in
            bytes.withPointer { bytes in
                unsafe text.withMemoryRebound(to: CChar.self, capacity: size) { text in
                    _ = unsafe sodium_bin2base64(text, size, bytes, count, variant)
                }
            }
        }
        // The NUL.
        text.removeLast()
        return text
    }

    private static func bytes(of text: Span<UInt8>, _ variant: Int32) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: (text.count + 3) / 4 * 3)
        let capacity = bytes.count
        guard let count = bytes.withMutablePointer({ decode(text, variant, into: $0, capacity) }) else {
            return nil
        }
        bytes.removeLast(capacity - count)
        return bytes
    }

    /// - Returns: how many bytes were written; nil where the text does not stand for any.
    @safe private static func decode(
        _ text: Span<UInt8>, _ variant: Int32, into bytes: UnsafeMutablePointer<UInt8>, _ capacity: Int
    ) -> Int? {
        // libsodium 1.0.18 takes some bytes above 127 for characters of the alphabet.
        var seen: UInt8 = 0
        for index in text.indices { seen |= text[index] }
        guard seen < 0x80 else { return nil }
        let length = text.count
        var count = 0
        let result = text.withPointer { text in
            unsafe text.withMemoryRebound(to: CChar.self, capacity: max(length, 1)) { text in
                unsafe sodium_base642bin(bytes, capacity, text, length, nil, &count, nil, variant)
            }
        }
        return result == 0 ? count : nil
    }
}

extension Base64 {
    /// Whether the text is the one spelling of `count` bytes, with padding. Keeps nothing and takes eight characters at
    /// a time: for what is read by the gigabyte.
    package static func isCanonical(_ text: Span<UInt8>, count: Int) -> Bool {
        guard text.count == (count + 2) / 3 * 4 else { return false }
        let padding = (3 - count % 3) % 3
        let end = text.count - padding
        guard isAlphabet(text.extracting(..<end)) else { return false }
        for index in end..<text.count where text[index] != UInt8(ascii: "=") { return false }
        // The last character holds 2 bits too many for each padding character; they must be zero.
        return switch padding {
        case 1: "AEIMQUYcgkosw048".utf8.contains(text[end - 1])
        case 2: "AQgw".utf8.contains(text[end - 1])
        default: true
        }
    }

    /// Whether these are characters of the alphabet and nothing else.
    private static func isAlphabet(_ text: Span<UInt8>) -> Bool {
        guard text.count >= 8 else {
            var word: UInt64 = 0
            for index in text.indices { word = word << 8 | UInt64(text[index]) }
            // Filled up with a letter.
            for _ in text.count..<8 { word = word << 8 | UInt64(UInt8(ascii: "A")) }
            return strangersIn(word) == 0
        }
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
}

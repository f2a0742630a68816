internal import Sodium

/// Base 64 (RFC 4648, section 4), canonical only: bits that carry nothing must be zero (section 3.5).
enum Base64 {
    /// Without padding, as in headers.
    static func encode(_ bytes: Span<UInt8>) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count * 4 + 2) / 3)
        var bits: UInt32 = 0
        var held = 0
        for index in bytes.indices {
            bits = bits << 8 | UInt32(bytes[index])
            held += 8
            while held >= 6 {
                held -= 6
                text.append(character(of: UInt8(truncatingIfNeeded: bits >> UInt32(held)) & 63))
            }
        }
        if held > 0 { text.append(character(of: UInt8(truncatingIfNeeded: bits << UInt32(6 - held)) & 63)) }
        return text
    }

    /// Without padding, as in headers; nil unless `text` is what `encode` makes.
    static func decode(_ text: Span<UInt8>) -> [UInt8]? {
        guard text.count % 4 != 1 else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count * 3 / 4)
        let isCanonical = decode(text) { bytes.append($0) }
        return isCanonical ? bytes : nil
    }

    /// With padding, as in armor; false unless `text` is whole groups of four characters, only the last padded.
    static func decodePadded(_ text: Span<UInt8>, into bytes: inout WipedBuffer) -> Bool {
        guard text.count % 4 == 0 else { return false }
        var count = text.count
        let padding = UInt8(ascii: "=")
        if count > 0, text[count - 1] == padding { count -= 1 }
        if count > 0, count < text.count, text[count - 1] == padding { count -= 1 }
        return decode(text.extracting(..<count)) { bytes.append($0) }
    }

    /// Emits the bytes; false on any other character and on stray bits.
    private static func decode(_ text: Span<UInt8>, _ emit: (UInt8) -> Void) -> Bool {
        var bits: UInt32 = 0
        var held = 0
        for index in text.indices {
            guard let value = value(of: text[index]) else { return false }
            bits = bits << 6 | UInt32(value)
            held += 6
            if held >= 8 {
                held -= 8
                emit(UInt8(truncatingIfNeeded: bits >> UInt32(held)))
            }
        }
        return bits & (1 << UInt32(held) - 1) == 0
    }

    private static func value(of character: UInt8) -> UInt8? {
        switch character {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): character - UInt8(ascii: "A")
        case UInt8(ascii: "a")...UInt8(ascii: "z"): character - UInt8(ascii: "a") + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0") + 52
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }

    private static func character(of value: UInt8) -> UInt8 {
        switch value {
        case 0..<26: UInt8(ascii: "A") + value
        case 26..<52: UInt8(ascii: "a") + value - 26
        case 52..<62: UInt8(ascii: "0") + value - 52
        case 62: UInt8(ascii: "+")
        default: UInt8(ascii: "/")
        }
    }
}

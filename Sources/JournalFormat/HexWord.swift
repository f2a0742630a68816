/// Sixteen lower-case hexadecimal digits as a number.
enum HexWord {
    /// 0 to 15, or 0xff for a character that is no lower-case digit.
    private static let values: [UInt8] = (0...255).map { character in
        switch UInt8(character) {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt8(character) - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt8(character) - UInt8(ascii: "a") + 10
        default: 0xff
        }
    }

    static func read(_ digits: Span<UInt8>, at start: Int) -> UInt64? {
        let table = values.span
        var word: UInt64 = 0
        var seen: UInt8 = 0
        for index in start..<start + 16 {
            let value = table[Int(digits[index])]
            seen |= value
            word = word << 4 | UInt64(value & 15)
        }
        return seen & 0xf0 == 0 ? word : nil
    }
}

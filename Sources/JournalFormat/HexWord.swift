/// Lower-case hexadecimal digits as numbers, eight at a time within one register.
enum HexWord {
    /// Eight digits.
    @inline(__always)
    static func read8(_ digits: Span<UInt8>, at start: Int) -> UInt64? {
        precondition(start >= 0 && start + 8 <= digits.count, "eight digits must be there")
        return decode(unsafe digits.bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: start, as: UInt64.self))
    }

    /// Sixteen digits.
    @inline(__always)
    static func read(_ digits: Span<UInt8>, at start: Int) -> UInt64? {
        guard let high = read8(digits, at: start), let low = read8(digits, at: start + 8) else { return nil }
        return high << 32 | low
    }

    /// Four digits.
    @inline(__always)
    static func read4(_ digits: Span<UInt8>, at start: Int) -> UInt64? {
        precondition(start >= 0 && start + 4 <= digits.count, "four digits must be there")
        let word = unsafe digits.bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: start, as: UInt32.self)
        // Four zeros in front: in memory order they come first.
        return decode(UInt64(word) << 32 | 0x3030_3030)
    }

    /// Writes the lowest `count` digits, the most significant one first.
    static func write(_ word: UInt64, digits count: Int = 16, to output: inout [UInt8]) {
        for shift in stride(from: 4 * (count - 1), through: 0, by: -4) {
            let value = UInt8(truncatingIfNeeded: word >> UInt64(shift)) & 15
            output.append(value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") - 10 + value)
        }
    }

    @inline(__always)
    private static func decode(_ word: UInt64) -> UInt64? {
        let ones: UInt64 = 0x0101_0101_0101_0101
        // A letter has bit 6 set; its low four bits are one less than its value minus eight.
        let values = (word & (ones &* 0x0f)) &+ ((word >> 6) & ones) &* 9
        let isLetter = ((values &+ ones &* 0x76) >> 7) & ones
        // Written again it must be the same: that refuses every other character.
        guard values & (ones &* 0xf0) == 0, values &+ ones &* 0x30 &+ isLetter &* 39 == word else { return nil }
        var packed = UInt64(bigEndian: values)
        packed = (packed | packed >> 4) & 0x00ff_00ff_00ff_00ff
        packed = (packed | packed >> 8) & 0x0000_ffff_0000_ffff
        return (packed | packed >> 16) & 0xffff_ffff
    }
}

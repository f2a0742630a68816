/// A UUID of version 7 (RFC 9562, section 5.7) in lower case: names an event, and a journal.
package struct EventID: Hashable, Sendable, CustomStringConvertible {
    struct Words: Hashable, Sendable {
        let high: UInt64
        let low: UInt64
    }

    let words: Words

    init(words: Words) {
        self.words = words
    }

    /// Characters.
    static let length = 36

    private static let dash = UInt8(ascii: "-")

    /// From its 36 characters; nil for another version, upper case or anything else.
    package init?(_ text: Span<UInt8>) {
        guard text.count == 36, text[8] == Self.dash, text[13] == Self.dash, text[18] == Self.dash,
            text[23] == Self.dash, let first = HexWord.read8(text, at: 0), let second = HexWord.read4(text, at: 9),
            let third = HexWord.read4(text, at: 14), let fourth = HexWord.read4(text, at: 19),
            let fifth = HexWord.read4(text, at: 24), let sixth = HexWord.read8(text, at: 28)
        else { return nil }
        let words = (first << 32 | second << 16 | third, fourth << 48 | fifth << 32 | sixth)
        guard words.0 >> 12 & 15 == 7, words.1 >> 62 == 2 else { return nil }
        self.words = Words(high: words.0, low: words.1)
    }

    package init?(_ text: String) {
        self.init(Array(text.utf8).span)
    }

    /// Made from a time and ten random bytes.
    package init(at time: Timestamp, random: [UInt8]) {
        let noise = random.prefix(10).reduce((UInt64(0), UInt64(0))) {
            ($0.0 << 8 | $0.1 >> 56, $0.1 << 8 | UInt64($1))
        }
        words = Words(
            high: UInt64(truncatingIfNeeded: time.milliseconds) << 16 | 0x7000 | noise.0 & 0x0fff,
            low: noise.1 & 0x3fff_ffff_ffff_ffff | 0x8000_0000_0000_0000)
    }

    package var description: String {
        var digits: [UInt8] = []
        write(to: &digits)
        return String(decoding: digits, as: UTF8.self)
    }

    func write(to output: inout [UInt8]) {
        HexWord.write(words.high >> 32, digits: 8, to: &output)
        output.append(Self.dash)
        HexWord.write(words.high >> 16, digits: 4, to: &output)
        output.append(Self.dash)
        HexWord.write(words.high, digits: 4, to: &output)
        output.append(Self.dash)
        HexWord.write(words.low >> 48, digits: 4, to: &output)
        output.append(Self.dash)
        HexWord.write(words.low, digits: 12, to: &output)
    }
}

extension EventID.Words {
    /// 32 hexadecimal digits.
    var digits: String {
        var digits: [UInt8] = []
        HexWord.write(high, digits: 16, to: &digits)
        HexWord.write(low, digits: 16, to: &digits)
        return String(decoding: digits, as: UTF8.self)
    }
}

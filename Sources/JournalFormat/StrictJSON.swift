internal import Glibc

/// Reads the strict JSON of the journal from left to right (journal-format.md, "Strict JSON").
///
/// Every value has exactly one spelling, so nothing has to be written out again to be compared.
/// UTF-8 is judged before, for the whole line (`isUTF8`).
struct JSONScanner {
    static let maximumDepth = 16
    static let maximumInteger = (1 << 53) - 1

    var position = 0

    /// Takes exactly these bytes, 4 to 16 or 2 of them, compared in two loads that may overlap.
    @inline(__always)
    mutating func literal(_ text: StaticString, in bytes: Span<UInt8>) throws(FormatError) {
        let count = text.utf8CodeUnitCount
        guard position + count <= bytes.count else { throw FormatError(.syntax) }
        let isThere: Bool
        if count >= 8 {
            isThere =
                differing(UInt64.self, text, bytes, at: 0) | differing(UInt64.self, text, bytes, at: count - 8) == 0
        } else if count >= 4 {
            isThere =
                differing(UInt32.self, text, bytes, at: 0) | differing(UInt32.self, text, bytes, at: count - 4) == 0
        } else {
            isThere = differing(UInt16.self, text, bytes, at: 0) == 0
        }
        guard isThere else { throw FormatError(.syntax) }
        position += count
    }

    /// The bits in which a word of the text differs from the bytes here. The caller has seen that both are there.
    @inline(__always)
    private func differing<Word: FixedWidthInteger & BitwiseCopyable>(
        _ type: Word.Type, _ text: StaticString, _ bytes: Span<UInt8>, at offset: Int
    ) -> Word {
        let due = unsafe UnsafeRawPointer(text.utf8Start).loadUnaligned(fromByteOffset: offset, as: type)
        return unsafe due ^ bytes.bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: position + offset, as: type)
    }

    /// Takes one byte where it is the next; says whether it was.
    mutating func take(_ character: Unicode.Scalar, in bytes: Span<UInt8>) -> Bool {
        guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    /// Takes a string and returns where its content stands, without the quotes, escapes as they are.
    mutating func string(in bytes: Span<UInt8>) throws(FormatError) -> Range<Int> {
        guard take("\"", in: bytes) else { throw FormatError(.syntax) }
        let start = position
        while true {
            skipPlainText(in: bytes)
            guard position < bytes.count else { throw FormatError(.syntax) }
            switch bytes[position] {
            case UInt8(ascii: "\""):
                position += 1
                return start..<position - 1
            case UInt8(ascii: "\\"):
                try escape(in: bytes)
            case 0..<0x20:
                throw FormatError(.syntax)
            default:
                position += 1
            }
        }
    }

    /// Takes an integer from -(2^53-1) to 2^53-1, spelt without leading zero, point or exponent.
    mutating func integer(in bytes: Span<UInt8>) throws(FormatError) -> Int {
        let isNegative = take("-", in: bytes)
        let start = position
        var value = 0
        while position < bytes.count, case let digit = bytes[position] &- UInt8(ascii: "0"), digit < 10 {
            value = value &* 10 &+ Int(digit)
            position += 1
            if position - start > 16 { throw FormatError(.number) }
        }
        guard position > start, value <= Self.maximumInteger else { throw FormatError(.number) }
        if bytes[start] == UInt8(ascii: "0"), isNegative || position - start > 1 { throw FormatError(.number) }
        if position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E"): throw FormatError(.number)
            default: break
            }
        }
        return isNegative ? -value : value
    }

    /// Takes any value and keeps nothing of it. `depth` counts the containers around it.
    mutating func value(in bytes: Span<UInt8>, depth: Int = 0) throws(FormatError) {
        guard position < bytes.count else { throw FormatError(.syntax) }
        switch bytes[position] {
        case UInt8(ascii: "\""): _ = try string(in: bytes)
        case UInt8(ascii: "{"): try object(in: bytes, depth: depth + 1)
        case UInt8(ascii: "["): try array(in: bytes, depth: depth + 1)
        case UInt8(ascii: "t"): try literal("true", in: bytes)
        case UInt8(ascii: "f"): try literal("false", in: bytes)
        case UInt8(ascii: "n"): try literal("null", in: bytes)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): _ = try integer(in: bytes)
        default: throw FormatError(.syntax)
        }
    }

    mutating func object(in bytes: Span<UInt8>, depth: Int) throws(FormatError) {
        guard take("{", in: bytes) else { throw FormatError(.syntax) }
        guard depth <= Self.maximumDepth else { throw FormatError(.depth) }
        if take("}", in: bytes) { return }
        var keys = SeenKeys()
        repeat {
            let key = try string(in: bytes)
            guard keys.insert(key, in: bytes) else { throw FormatError(.duplicateKey) }
            guard take(":", in: bytes) else { throw FormatError(.syntax) }
            try value(in: bytes, depth: depth)
        } while take(",", in: bytes)
        guard take("}", in: bytes) else { throw FormatError(.syntax) }
    }

    private mutating func array(in bytes: Span<UInt8>, depth: Int) throws(FormatError) {
        guard take("[", in: bytes) else { throw FormatError(.syntax) }
        guard depth <= Self.maximumDepth else { throw FormatError(.depth) }
        if take("]", in: bytes) { return }
        repeat {
            try value(in: bytes, depth: depth)
        } while take(",", in: bytes)
        guard take("]", in: bytes) else { throw FormatError(.syntax) }
    }

    /// Eight bytes at a time past everything that is neither quote, backslash nor control character.
    private mutating func skipPlainText(in bytes: Span<UInt8>) {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let highs: UInt64 = 0x8080_8080_8080_8080
        while position + 8 <= bytes.count {
            let word = unsafe bytes.bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: position, as: UInt64.self)
            let quote = word ^ (ones &* 0x22)
            let backslash = word ^ (ones &* 0x5c)
            // A byte's high bit is set in `found` where it is a quote, a backslash or below 0x20.
            let found =
                (((quote &- ones) & ~quote) | ((backslash &- ones) & ~backslash) | ((word &- ones &* 0x20) & ~word))
                & highs
            if found != 0 {
                position += found.trailingZeroBitCount >> 3
                return
            }
            position += 8
        }
    }

    private mutating func escape(in bytes: Span<UInt8>) throws(FormatError) {
        guard position + 1 < bytes.count else { throw FormatError(.escape) }
        switch bytes[position + 1] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "b"), UInt8(ascii: "f"), UInt8(ascii: "n"),
            UInt8(ascii: "r"), UInt8(ascii: "t"):
            position += 2
        case UInt8(ascii: "u"):
            guard position + 6 <= bytes.count else { throw FormatError(.escape) }
            guard let code = JSONEscape.controlCode(bytes.extracting(position + 2..<position + 6)),
                JSONEscape.letter(for: code) == nil
            else { throw FormatError(.escape) }
            position += 6
        default:
            throw FormatError(.escape)
        }
    }
}

/// The keys an object has shown so far, compared by their bytes: with one spelling a character that is enough.
private struct SeenKeys {
    private struct Place {
        let start: Int
        let end: Int
    }

    /// Most objects have few keys: no memory is taken for them, and no set, whose first use costs a tenth of a
    /// millisecond.
    private var few = InlineArray<24, Place>(repeating: Place(start: 0, end: 0))
    private var count = 0
    private var more: Set<[UInt8]> = []

    /// False where the key was there before. Many keys go through a set, so that a hostile line stays cheap.
    mutating func insert(_ key: Range<Int>, in bytes: Span<UInt8>) -> Bool {
        let text = bytes.extracting(key)
        for index in 0..<count where few[index].end - few[index].start == key.count {
            if bytes.extracting(few[index].start..<few[index].end).hasSameBytes(as: text) { return false }
        }
        if count == few.count { return more.insert(Array(copying: text)).inserted }
        few[count] = Place(start: key.lowerBound, end: key.upperBound)
        count += 1
        return true
    }
}

/// How characters are escaped: the one spelling each has.
enum JSONEscape {
    /// The letter after the backslash, for characters that have one.
    static func letter(for code: UInt8) -> UInt8? {
        switch code {
        case 0x08: UInt8(ascii: "b")
        case 0x09: UInt8(ascii: "t")
        case 0x0a: UInt8(ascii: "n")
        case 0x0c: UInt8(ascii: "f")
        case 0x0d: UInt8(ascii: "r")
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): code
        default: nil
        }
    }

    /// The character that `\b`, `\n` and so on stand for.
    static func code(forLetter letter: UInt8) -> UInt8 {
        switch letter {
        case UInt8(ascii: "b"): 0x08
        case UInt8(ascii: "t"): 0x09
        case UInt8(ascii: "n"): 0x0a
        case UInt8(ascii: "f"): 0x0c
        case UInt8(ascii: "r"): 0x0d
        default: letter
        }
    }

    /// `00` to `1f` after two zeros, lower case; nil for anything else.
    static func controlCode(_ digits: Span<UInt8>) -> UInt8? {
        guard digits.count == 4, digits[0] == UInt8(ascii: "0"), digits[1] == UInt8(ascii: "0") else { return nil }
        let high: UInt8
        switch digits[2] {
        case UInt8(ascii: "0"): high = 0
        case UInt8(ascii: "1"): high = 0x10
        default: return nil
        }
        switch digits[3] {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): return high + digits[3] - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): return high + digits[3] - UInt8(ascii: "a") + 10
        default: return nil
        }
    }
}

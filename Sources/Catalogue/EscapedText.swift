/// Bytes as printable ASCII without white space, as the canonical listing has them: every byte outside 0x21 to 0x7e, and
/// `\`, is written `\xNN` with lower-case digits; so are those in `also`.
package enum EscapedText {
    private static let backslash = UInt8(ascii: "\\")
    private static let digits = Array("0123456789abcdef".utf8)

    /// Appends `bytes` to `text`.
    package static func append(_ bytes: [UInt8], also: [UInt8] = [], to text: inout [UInt8]) {
        if bytes.allSatisfy({ isPlain($0, also) }) {
            text.append(contentsOf: bytes)
            return
        }
        for byte in bytes {
            if isPlain(byte, also) {
                text.append(byte)
            } else {
                text.append(backslash)
                text.append(UInt8(ascii: "x"))
                text.append(digits[Int(byte >> 4)])
                text.append(digits[Int(byte & 15)])
            }
        }
    }

    /// `bytes` alone.
    package static func text(_ bytes: [UInt8], also: [UInt8] = []) -> [UInt8] {
        var text: [UInt8] = []
        append(bytes, also: also, to: &text)
        return text
    }

    /// The bytes that `append` writes as `range` of `text`; nil for what it never writes.
    package static func bytes(_ text: Span<UInt8>, _ range: Range<Int>, also: [UInt8] = []) -> [UInt8]? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(range.count)
        var place = range.lowerBound
        while place < range.upperBound {
            let byte = text[place]
            if isPlain(byte, also) {
                bytes.append(byte)
                place += 1
                continue
            }
            guard byte == backslash, range.upperBound - place >= 4, text[place + 1] == UInt8(ascii: "x"),
                let high = value(text[place + 2]), let low = value(text[place + 3]), !isPlain(high << 4 | low, also)
            else { return nil }
            bytes.append(high << 4 | low)
            place += 4
        }
        return bytes
    }

    private static func isPlain(_ byte: UInt8, _ also: [UInt8]) -> Bool {
        byte > 0x20 && byte < 0x7f && byte != backslash && !also.contains(byte)
    }

    private static func value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        default: nil
        }
    }
}

/// Decimal numbers as the catalogue writes them: no sign, no leading zero, at most 2^63 - 1.
enum DecimalText {
    /// - Parameter number: from 0 on.
    static func append(_ number: Int, to text: inout [UInt8]) {
        if number > 9 { append(number / 10, to: &text) }
        text.append(UInt8(ascii: "0") + UInt8(number % 10))
    }

    /// Nil for anything else.
    static func number(_ text: Span<UInt8>, _ range: Range<Int>) -> Int? {
        guard let first = range.first, range.count <= 19, text[first] != UInt8(ascii: "0") || range.count == 1 else {
            return nil
        }
        var number = 0
        for place in range {
            let digit = Int(text[place]) - Int(UInt8(ascii: "0"))
            guard digit >= 0 && digit <= 9 else { return nil }
            let (tens, isTooLarge) = number.multipliedReportingOverflow(by: 10)
            let (sum, isLarger) = tens.addingReportingOverflow(digit)
            if isTooLarge || isLarger { return nil }
            number = sum
        }
        return number
    }
}

/// Paths below the top of a snapshot, as send streams have them: bytes, `a/b`, the top itself empty.
package enum SnapshotPath {
    /// `PATH_MAX`: bytes of the longest.
    package static let longest = 4096

    /// Whether it names something below the top and leads nowhere else: no empty name, no `.`, no `..`, no NUL.
    package static func isSound(_ path: [UInt8]) -> Bool {
        guard path.count <= longest else { return false }
        var (length, dots) = (0, 0)
        for byte in path {
            if byte == UInt8(ascii: "/") {
                if length == 0 || (length == dots && dots <= 2) { return false }
                (length, dots) = (0, 0)
                continue
            }
            if byte == 0 { return false }
            length += 1
            if byte == UInt8(ascii: ".") { dots += 1 }
        }
        return length > 0 && !(length == dots && dots <= 2)
    }
}

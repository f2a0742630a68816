/// Text that other people or machines chose, as it may be shown to a person.
///
/// A name, note or message may hold characters that steer a terminal or reorder a line instead of being seen: C0, DEL,
/// C1, the controls of bidirectional text, the line and paragraph separators. Each becomes `\uNNNN`, its spelling in
/// JSON; a byte that is not UTF-8 becomes `\xNN`. A backslash stays as it is: this is for the eye, not for reading back
/// (`--json` prints what is stored), and what was escaped once stays the same when it is escaped again.
package enum VisibleText {
    /// On one line: line feeds and tabs are escaped, too.
    package static func line(_ text: String) -> String { escaped(text, keeping: isNothingKept) }

    /// On one line, whose tabs between columns stay.
    package static func columns(_ text: String) -> String { escaped(text, keeping: isTab) }

    /// Lines of our own making: their line feeds and tabs stay.
    package static func lines(_ text: String) -> String { escaped(text, keeping: isLayout) }

    /// What another program wrote, on one line.
    package static func line(_ bytes: some Sequence<UInt8>) -> String { escaped(Array(bytes), keeping: isNothingKept) }

    /// What another program wrote; its line feeds and tabs stay.
    package static func lines(_ bytes: some Sequence<UInt8>) -> String { escaped(Array(bytes), keeping: isLayout) }

    /// Whether a terminal would obey the character, or show the ones around it in another order.
    package static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x00...0x1f, 0x7f, 0x80...0x9f: true
        case 0x061c, 0x200e, 0x200f, 0x202a...0x202e, 0x2066...0x2069: true
        case 0x2028, 0x2029: true
        default: false
        }
    }

    private static func isNothingKept(_ scalar: Unicode.Scalar) -> Bool { false }

    private static func isTab(_ scalar: Unicode.Scalar) -> Bool { scalar == "\t" }

    private static func isLayout(_ scalar: Unicode.Scalar) -> Bool { scalar == "\n" || scalar == "\t" }

    private static func escaped(_ text: String, keeping isKept: (Unicode.Scalar) -> Bool) -> String {
        // Nearly all text is plain ASCII.
        if text.utf8.allSatisfy({ (0x20...0x7e).contains($0) }) { return text }
        var shown = ""
        for scalar in text.unicodeScalars { append(scalar, to: &shown, keeping: isKept) }
        return shown
    }

    private static func escaped(_ bytes: [UInt8], keeping isKept: (Unicode.Scalar) -> Bool) -> String {
        var shown = ""
        var parser = Unicode.UTF8.ForwardParser()
        var input = bytes.makeIterator()
        var position = 0
        while true {
            switch parser.parseScalar(from: &input) {
            case .valid(let encoded):
                append(Unicode.UTF8.decode(encoded), to: &shown, keeping: isKept)
                position += encoded.count
            case .error(let length):
                for byte in bytes[position..<position + length] {
                    shown += "\\x" + hexadecimal(UInt32(byte), digits: 2)
                }
                position += length
            case .emptyInput: return shown
            }
        }
    }

    private static func append(
        _ scalar: Unicode.Scalar, to shown: inout String, keeping isKept: (Unicode.Scalar) -> Bool
    ) {
        if isControl(scalar) && !isKept(scalar) {
            shown += "\\u" + hexadecimal(scalar.value, digits: 4)
        } else {
            shown.unicodeScalars.append(scalar)
        }
    }

    private static func hexadecimal(_ value: UInt32, digits: Int) -> String {
        let text = String(value, radix: 16)
        return String(repeating: "0", count: digits - text.count) + text
    }
}

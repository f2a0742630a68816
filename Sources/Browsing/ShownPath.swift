internal import Digest
internal import VisibleText

/// Paths below a snapshot's top, as a person types and reads them.
///
/// Text that is UTF-8 stays as it is. A byte that is not, a control character and a backslash are `\xNN`; that is also how
/// they are typed. So each path has one spelling, and each spelling one path.
package enum ShownPath {
    package static func text(_ path: some Sequence<UInt8>) -> String {
        let bytes = Array(path)
        var shown = ""
        var parser = Unicode.UTF8.ForwardParser()
        var input = bytes.makeIterator()
        var position = 0
        func escape(_ range: Range<Int>) {
            for byte in bytes[range] { shown += "\\x\(hexadecimal([byte]))" }
        }
        while true {
            switch parser.parseScalar(from: &input) {
            case .valid(let encoded):
                let scalar = Unicode.UTF8.decode(encoded)
                if scalar == "\\" || VisibleText.isControl(scalar) {
                    escape(position..<position + encoded.count)
                } else {
                    shown.unicodeScalars.append(scalar)
                }
                position += encoded.count
            case .error(let length):
                escape(position..<position + length)
                position += length
            case .emptyInput: return shown
            }
        }
    }

    /// Of what a person has typed: `/` and `./` before it and `/` after it mean nothing; empty for the top.
    ///
    /// - Throws: `BrowsingError.notAPath`.
    package static func bytes(_ text: String) throws(BrowsingError) -> [UInt8] {
        var path: [UInt8] = []
        for name in unescaped(text).split(separator: UInt8(ascii: "/")) where name != [UInt8(ascii: ".")] {
            if name == [UInt8(ascii: "."), UInt8(ascii: ".")] || name.contains(0) { throw .notAPath(text) }
            if !path.isEmpty { path.append(UInt8(ascii: "/")) }
            path += name
        }
        return path
    }

    /// With `\xNN` undone; any other backslash is one.
    package static func unescaped(_ text: String) -> [UInt8] { undoing(text) { [$0] } }

    /// Of a pattern: `\xNN` is a byte that stands for itself, any other backslash quotes what follows.
    static func pattern(_ text: String) -> [UInt8] {
        // Quoted, lest the byte be one that a pattern gives a meaning.
        undoing(text) { [UInt8(ascii: "\\"), $0] }
    }

    private static func undoing(_ text: String, _ written: (UInt8) -> [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.first {
            let digits = String(decoding: rest.dropFirst(2).prefix(2), as: UTF8.self).lowercased()
            if byte == UInt8(ascii: "\\"), rest.dropFirst().first == UInt8(ascii: "x"),
                let found = decodeHexadecimal(digits), found.count == 1
            {
                bytes += written(found[0])
                rest = rest.dropFirst(4)
            } else {
                bytes.append(byte)
                rest = rest.dropFirst()
            }
        }
        return bytes
    }
}

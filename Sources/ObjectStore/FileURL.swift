package import SystemPackage

/// A directory as a URL, `file:///path` (RFC 8089 with an empty host): absolute, percent-encoded, without query or
/// fragment.
package struct FileURL: Equatable, Sendable, CustomStringConvertible {
    package let path: FilePath

    /// `path` must be absolute.
    package init(path: FilePath) throws(StoreError) {
        guard path.isAbsolute else {
            throw .invalid("\(path) is not an absolute path", hint: "write file:///path/to/store")
        }
        if path.components.isEmpty { throw .invalid("the root of the file system cannot be a store") }
        if path.components.contains(where: { $0.kind != .regular }) {
            throw .invalid("\(path) has . or .. as a component")
        }
        self.path = path
    }

    /// Parses the part of a URL after `file:`.
    init(afterScheme rest: Substring) throws(StoreError) {
        let hint = "write file:///path/to/store"
        guard rest.hasPrefix("//") else { throw .invalid("a file URL names an absolute path", hint: hint) }
        let path = rest.dropFirst(2)
        guard path.hasPrefix("/") else {
            throw .invalid("a file URL names no host and an absolute path", hint: hint)
        }
        if path.utf8.contains(where: { $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "#") }) {
            throw .invalid("a file URL has no query and no fragment", hint: "write ? as %3F and # as %23")
        }
        try self.init(path: FilePath(Self.percentDecoded(path)))
    }

    package var description: String {
        var text = "file://"
        for byte in path.string.utf8 {
            if Self.isPlain(byte) {
                text.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                let digits = String(byte, radix: 16, uppercase: true)
                text += digits.count == 1 ? "%0\(digits)" : "%\(digits)"
            }
        }
        return text
    }

    private static func percentDecoded(_ text: Substring) throws(StoreError) -> String {
        guard let bytes = PercentEncoding.decodeBytes(text) else {
            throw .invalid("a % in a file URL is not followed by two hexadecimal digits", hint: "write % as %25")
        }
        guard let decoded = String(validating: bytes, as: UTF8.self) else {
            throw .invalid("a file URL does not hold UTF-8")
        }
        if bytes.contains(where: { $0 < 0x20 || $0 == 0x7F }) {
            throw .invalid("a file URL holds a control character")
        }
        return decoded
    }

    /// The unreserved characters of RFC 3986, `/` and `@`.
    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"), UInt8(ascii: "/"), UInt8(ascii: "@"):
            true
        default:
            false
        }
    }
}

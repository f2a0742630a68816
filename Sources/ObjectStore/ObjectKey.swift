/// The name of an object: 1 to 1,024 characters in components that single slashes separate. A component is made of
/// ASCII letters, digits and `@ . _ - =` and is neither `.` nor `..`, so that a key is at once a path, a URL path
/// without surprises and a word in a shell.
package struct ObjectKey: Hashable, Comparable, Sendable, CustomStringConvertible {
    package static let maximumLength = 1_024

    package let text: String

    /// `invalid` where the text is not a key.
    package init(_ text: String) throws(StoreError) {
        if text.isEmpty { throw .invalid("an object key is empty") }
        try Self.check(text, isPrefix: false)
        self.text = text
    }

    package var components: [String] { text.split(separator: "/").map(String.init) }

    package var description: String { text }

    /// By bytes, as S3 lists them.
    package static func < (left: Self, right: Self) -> Bool {
        left.text.utf8.lexicographicallyPrecedes(right.text.utf8)
    }

    /// Whether a name can be a component of a key.
    static func isComponent(_ name: String) -> Bool {
        !name.isEmpty && name != "." && name != ".." && name.utf8.allSatisfy(isAllowed)
    }

    /// Refuses what cannot be the beginning of a key. The empty text is one; the last component may be unfinished.
    package static func checkPrefix(_ text: String) throws(StoreError) {
        try check(text, isPrefix: true)
    }

    private static func check(_ text: String, isPrefix: Bool) throws(StoreError) {
        let name = isPrefix ? "prefix" : "object key"
        let shown = String(reflecting: String(text.prefix(100)))
        if text.utf8.count > maximumLength {
            throw .invalid("\(name) \(shown)… has \(text.utf8.count) bytes, more than \(maximumLength)")
        }
        var components = text.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        if isPrefix, let unfinished = components.popLast(), !unfinished.allSatisfy(isAllowed) {
            throw .invalid("\(name) \(shown) holds a character other than a-z A-Z 0-9 @ . _ - = /")
        }
        for component in components {
            if component.isEmpty { throw .invalid("\(name) \(shown) has an empty component") }
            if !component.allSatisfy(isAllowed) {
                throw .invalid("\(name) \(shown) holds a character other than a-z A-Z 0-9 @ . _ - = /")
            }
            if component.count <= 2, component.allSatisfy({ $0 == UInt8(ascii: ".") }) {
                throw .invalid("\(name) \(shown) has . or .. as a component")
            }
        }
    }

    private static func isAllowed(_ character: UInt8) -> Bool {
        switch character {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "@"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "-"), UInt8(ascii: "="):
            true
        default:
            false
        }
    }
}

internal import Sodium

/// The parts of a line between its colons, taken from the left.
struct LineParts {
    private var rest: ArraySlice<String>

    /// Empty where the line is of another kind.
    init(_ text: String, _ magic: String, count: Int) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        rest = parts.count == count && parts[0] == magic ? parts[1...] : []
    }

    mutating func next() -> String? { rest.popFirst() }

    mutating func log() -> EventID? { next().flatMap { EventID($0) } }

    mutating func bytes(_ count: Int) -> [UInt8]? { next().flatMap { Base64.decode($0, count: count) } }

    /// Text of so many bytes.
    mutating func text(_ lengths: ClosedRange<Int>) -> String? {
        guard let part = next() else { return nil }
        let count = part.utf8.count / 4 * 3 - part.utf8.reversed().prefix { $0 == UInt8(ascii: "=") }.count
        guard lengths.contains(count), let bytes = Base64.decode(part, count: count), bytes.span.isUTF8 else {
            return nil
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

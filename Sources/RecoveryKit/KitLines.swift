internal import Age
internal import JournalFormat
internal import Sodium

/// Goes through a kit's lines, which stay where they are: copies would have to be overwritten.
struct KitLines {
    private let lines: [Range<Int>]
    private var next = 0

    init(_ text: Span<UInt8>) throws(RecoveryKit.OpeningError) {
        var lines: [Range<Int>] = []
        var start = 0
        for index in text.indices where text[index] == UInt8(ascii: "\n") {
            lines.append(start..<index)
            start = index + 1
        }
        guard start == text.count else { throw .notAKit("its last line is cut off") }
        self.lines = lines
    }

    var isAtEnd: Bool { next == lines.count }

    func unexpected(_ what: String) -> RecoveryKit.OpeningError {
        .notAKit("\(what) is missing where it belongs, in line \(next + 1)")
    }

    func isComment(_ text: Span<UInt8>) -> Bool { starts(with: "#", text) }

    func begins(_ key: String, _ text: Span<UInt8>) -> Bool { starts(with: "# \(key): ", text) }

    mutating func skip() { next += 1 }

    /// Skips a line that is just that; whether it was.
    mutating func skip(_ line: String, _ text: Span<UInt8>) -> Bool {
        guard starts(with: line, text), lines[next].count == line.utf8.count else { return false }
        next += 1
        return true
    }

    /// What stands after `# key: ` in the next line, which must begin so.
    mutating func value(_ key: String, _ text: Span<UInt8>) throws(RecoveryKit.OpeningError) -> String {
        let bytes = try secretValue(key, text)
        guard let value = String(validating: bytes, as: UTF8.self) else { throw .notAKit("\(key) is not text") }
        return value
    }

    /// The same as bytes, which the caller overwrites.
    mutating func secretValue(_ key: String, _ text: Span<UInt8>) throws(RecoveryKit.OpeningError) -> [UInt8] {
        guard begins(key, text) else { throw unexpected(key) }
        let line = text.extracting(lines[next])
        next += 1
        return Array(copying: line.extracting(droppingFirst: key.utf8.count + 4))
    }

    /// The age identity that is the next line; nil where it is none.
    mutating func identity(_ text: Span<UInt8>) -> AgeIdentity? {
        guard !isAtEnd, let identity = try? AgeIdentity(text: text.extracting(lines[next])) else { return nil }
        next += 1
        return identity
    }

    private func starts(with prefix: String, _ text: Span<UInt8>) -> Bool {
        guard !isAtEnd else { return false }
        let line = text.extracting(lines[next])
        return line.starts(with: Array(prefix.utf8))
    }
}

extension Span<UInt8> {
    func starts(with prefix: [UInt8]) -> Bool {
        count >= prefix.count && prefix.indices.allSatisfy { self[$0] == prefix[$0] }
    }
}

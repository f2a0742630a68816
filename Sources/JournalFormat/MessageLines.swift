/// Why a message from the other machine is not one. Lines are counted from 1.
package struct MessageError: Error, Equatable, CustomStringConvertible {
    package let line: Int
    package let what: String

    package var description: String { "line \(line): \(what)" }
}

/// Reads a message of whole lines from its start to its end.
struct MessageLines {
    private let bytes: [UInt8]
    private var position = 0
    private(set) var number = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    func refusal(_ what: String) -> MessageError { MessageError(line: number, what: what) }

    /// The next line without its LF.
    mutating func line() throws(MessageError) -> ArraySlice<UInt8> {
        number += 1
        guard let end = bytes[position...].firstIndex(of: UInt8(ascii: "\n")) else {
            throw refusal("the message ends too early")
        }
        defer { position = end + 1 }
        return bytes[position..<end]
    }

    /// The next line as text of printable ASCII characters.
    mutating func text() throws(MessageError) -> String {
        let line = try line()
        guard line.count <= 512, line.allSatisfy({ (0x20...0x7e).contains($0) }) else {
            throw refusal("not plain text of at most 512 characters")
        }
        return String(decoding: line, as: UTF8.self)
    }

    /// The words of the next line after its first, which is `name`.
    mutating func words(after name: String, count: Int) throws(MessageError) -> [Substring] {
        let words = try text().split(separator: " ", maxSplits: count, omittingEmptySubsequences: false)
        guard words.count == count + 1, words[0] == name else { throw refusal("not a line of \(name)") }
        return Array(words.dropFirst())
    }

    /// A number in its one spelling, from 0 to 2^53-1.
    func number(_ text: Substring, limit: Int = JSONScanner.maximumInteger) throws(MessageError) -> Int {
        guard let number = Int(text), number >= 0, String(number) == text else {
            throw refusal("\(text) is not a number")
        }
        guard number <= limit else { throw refusal("\(number) is more than \(limit)") }
        return number
    }

    /// A signed note: its text, an empty line, and as many lines of signatures as there are.
    mutating func note() throws(MessageError) -> [UInt8] {
        let start = position
        while try !line().isEmpty {}
        let dash = Array("\u{2014}".utf8)
        while bytes[position...].starts(with: dash) { _ = try line() }
        return Array(bytes[start..<position])
    }

    func requireEnd() throws(MessageError) {
        guard position == bytes.count else {
            throw MessageError(line: number + 1, what: "the message continues after its end")
        }
    }
}

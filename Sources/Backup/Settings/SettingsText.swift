/// What a configuration says: literal `KEY=value` lines, blank lines, and lines that begin with `#`. Nothing is executed,
/// quoted or expanded, so that a shell that reads the file as well sees the same. Of a key that is there twice the last
/// line counts.
package struct SettingsText: Sendable {
    package struct Problem: Error, Equatable {
        /// From 1 on.
        package let line: Int
        package let message: String
        /// A command in it ends in FILE, where the name of the file belongs.
        package let hint: String?
    }

    private var given: [(name: String, value: String)] = []

    /// Of a machine that has no configuration: the defaults.
    package init() {}

    package init(_ bytes: [UInt8]) throws(Problem) {
        var number = 0
        for line in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            number += 1
            if let (name, value) = try Self.parse(line, number) { given.append((name, value)) }
        }
    }

    /// The lines that are right, where some are not: for who has to say that something is wrong.
    package init(despiteErrors bytes: [UInt8]) {
        for (index, line) in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated() {
            if let (name, value) = try? Self.parse(line, index + 1) { given.append((name, value)) }
        }
    }

    /// What counts: the line's value, or the default.
    package subscript(name: String) -> String {
        guard let setting = Setting.named(name) else { preconditionFailure("\(name) is not a key of a configuration") }
        if let said = given.last(where: { $0.name == name })?.value, !said.isEmpty { return said }
        guard setting.usual.contains("{}"), name != "DATASET" else { return setting.usual }
        return setting.usual.prefix { $0 != "{" } + self["DATASET"]
    }

    /// The same, but nil where it is empty.
    package func text(_ name: String) -> String? {
        let value = self[name]
        return value.isEmpty ? nil : value
    }

    /// Where a rule has made sure of it.
    package func number(_ name: String) -> Int? { Int(self[name]) }

    private static func parse(_ line: ArraySlice<UInt8>, _ number: Int) throws(Problem) -> (String, String)? {
        func problem(_ message: String, hint: String? = nil) -> Problem {
            Problem(line: number, message: message, hint: hint)
        }
        if number == 1, line.starts(with: [0xef, 0xbb, 0xbf]) {
            throw problem(
                "begins with a byte order mark", hint: "UTF-8 needs none: sed -i '1s/^\\xef\\xbb\\xbf//' FILE")
        }
        if line.last == UInt8(ascii: "\r") {
            throw problem("ends in CR LF, as on Windows", hint: "lines end in LF alone: sed -i 's/\\r$//' FILE")
        }
        let first = line.first { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\t") }
        if first == nil || first == UInt8(ascii: "#") { return nil }
        guard let text = String(validating: line, as: UTF8.self) else { throw problem("not UTF-8") }
        guard !text.utf8.contains(where: { ($0 < 0x20 && $0 != UInt8(ascii: "\t")) || $0 == 0x7f }) else {
            throw problem("holds a control character")
        }
        guard let equals = text.firstIndex(of: "=") else {
            throw problem("not KEY=value", hint: "a comment begins with #")
        }
        let (name, value) = (text[..<equals], text[text.index(after: equals)...])
        // What a shell would take, and what it would not.
        var words = name.split { $0 == " " || $0 == "\t" }
        let isExported = words.count == 2 && words[0] == "export"
        if isExported { words.removeFirst() }
        if isExported || words.count != 1 || words[0] != name || trimmed(value) != value {
            throw problem(
                isExported
                    ? "not KEY=value: it begins with export" : "not KEY=value: blanks before, after or around it",
                hint: words.count == 1 ? "write \(words[0])=\(trimmed(value))" : nil)
        }
        guard let setting = Setting.named(name) else {
            let nearest = Setting.nearest(to: String(name))
            throw problem(
                "\(name) is not a key of the configuration",
                hint: nearest.map { "\($0) is one" } ?? "devjournal config --help names all of them")
        }
        guard !value.utf8.contains(where: isQuoting) else {
            throw problem(
                "a value may hold no quotes, $, ` or \\", hint: "values are literal: nothing is quoted or expanded")
        }
        guard !value.contains(" #"), !value.contains("\t#") else {
            throw problem("a comment follows the value", hint: "give it a line of its own")
        }
        if let complaint = setting.complaint(about: String(value)) { throw problem(complaint) }
        return (setting.name, String(value))
    }

    private static func trimmed(_ text: Substring) -> Substring {
        let isBlank = { (character: Character) in character == " " || character == "\t" }
        guard let first = text.firstIndex(where: { !isBlank($0) }), let last = text.lastIndex(where: { !isBlank($0) })
        else { return "" }
        return text[first...last]
    }

    private static func isQuoting(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "`"), UInt8(ascii: "$"), UInt8(ascii: "\\"): true
        default: false
        }
    }
}

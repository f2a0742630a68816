/// A value of the strict JSON: what an event's data holds.
package enum JSONValue: Sendable, Equatable {
    case null
    case bool(Bool)
    case integer(Int)
    case string(String)
    case array([JSONValue])
    case object(JSONObject)

    package var string: String? { if case .string(let text) = self { text } else { nil } }
    package var integer: Int? { if case .integer(let number) = self { number } else { nil } }
    package var object: JSONObject? { if case .object(let object) = self { object } else { nil } }
    package var array: [JSONValue]? { if case .array(let values) = self { values } else { nil } }

    package static func == (left: Self, right: Self) -> Bool {
        switch (left, right) {
        case (.null, .null): true
        case (.bool(let left), .bool(let right)): left == right
        case (.integer(let left), .integer(let right)): left == right
        case (.string(let left), .string(let right)): left.hasSameBytes(as: right)
        case (.array(let left), .array(let right)): left == right
        case (.object(let left), .object(let right)): left == right
        default: false
        }
    }
}

/// An object whose members keep their order, because the order is part of the signed bytes.
package struct JSONObject: Sendable, Equatable, ExpressibleByDictionaryLiteral {
    package struct Member: Sendable, Equatable {
        package let key: String
        package let value: JSONValue

        package static func == (left: Self, right: Self) -> Bool {
            left.key.hasSameBytes(as: right.key) && left.value == right.value
        }
    }

    package private(set) var members: [Member] = []

    package init() {}

    package init(dictionaryLiteral elements: (String, JSONValue)...) {
        for (key, value) in elements { self[key] = value }
    }

    /// Setting a key that is there replaces its value in place; setting nil does nothing.
    package subscript(key: String) -> JSONValue? {
        get { members.first { $0.key.hasSameBytes(as: key) }?.value }
        set {
            guard let newValue else { return }
            let member = Member(key: key, value: newValue)
            if let index = members.firstIndex(where: { $0.key.hasSameBytes(as: key) }) {
                members[index] = member
            } else {
                members.append(member)
            }
        }
    }

    fileprivate init(members: [Member]) {
        self.members = members
    }
}

extension JSONValue {
    /// Reads one value that fills all of the bytes.
    package init(parsing bytes: Span<UInt8>) throws(FormatError) {
        guard bytes.isUTF8 else { throw FormatError(.utf8) }
        var scanner = JSONScanner()
        try scanner.value(in: bytes)
        guard scanner.position == bytes.count else { throw FormatError(.syntax) }
        var position = 0
        self = Self.build(bytes, &position)
    }

    package init(parsing bytes: [UInt8]) throws(FormatError) {
        try self.init(parsing: bytes.span)
    }

    /// Builds from bytes that the scanner has accepted, so no shape can surprise.
    private static func build(_ bytes: Span<UInt8>, _ position: inout Int) -> JSONValue {
        switch bytes[position] {
        case UInt8(ascii: "\""):
            return .string(buildString(bytes, &position))
        case UInt8(ascii: "{"):
            var members: [JSONObject.Member] = []
            position += 1
            while bytes[position] != UInt8(ascii: "}") {
                let key = buildString(bytes, &position)
                position += 1
                members.append(.init(key: key, value: build(bytes, &position)))
                if bytes[position] == UInt8(ascii: ",") { position += 1 }
            }
            position += 1
            return .object(JSONObject(members: members))
        case UInt8(ascii: "["):
            var values: [JSONValue] = []
            position += 1
            while bytes[position] != UInt8(ascii: "]") {
                values.append(build(bytes, &position))
                if bytes[position] == UInt8(ascii: ",") { position += 1 }
            }
            position += 1
            return .array(values)
        case UInt8(ascii: "t"):
            position += 4
            return .bool(true)
        case UInt8(ascii: "f"):
            position += 5
            return .bool(false)
        case UInt8(ascii: "n"):
            position += 4
            return .null
        default:
            var scanner = JSONScanner(position: position)
            let number = (try? scanner.integer(in: bytes)) ?? 0
            position = scanner.position
            return .integer(number)
        }
    }

    private static func buildString(_ bytes: Span<UInt8>, _ position: inout Int) -> String {
        var scanner = JSONScanner(position: position)
        let range = (try? scanner.string(in: bytes)) ?? position..<position
        position = scanner.position
        let content = bytes.extracting(range)
        var text: [UInt8] = []
        text.reserveCapacity(content.count)
        var index = 0
        while index < content.count {
            guard content[index] == UInt8(ascii: "\\") else {
                text.append(content[index])
                index += 1
                continue
            }
            if content[index + 1] == UInt8(ascii: "u") {
                text.append(JSONEscape.controlCode(content.extracting(index + 2..<index + 6)) ?? 0)
                index += 6
            } else {
                text.append(JSONEscape.code(forLetter: content[index + 1]))
                index += 2
            }
        }
        return String(decoding: text, as: UTF8.self)
    }
}

extension JSONValue {
    /// The one spelling of this value, without white space.
    package var bytes: [UInt8] {
        var output: [UInt8] = []
        write(to: &output)
        return output
    }

    package var text: String { String(decoding: bytes, as: UTF8.self) }

    package func write(to output: inout [UInt8]) {
        switch self {
        case .null: output += "null".utf8
        case .bool(let value): output += (value ? "true" : "false").utf8
        case .integer(let number): output += String(number).utf8
        case .string(let text): Self.write(text, to: &output)
        case .array(let values):
            output.append(UInt8(ascii: "["))
            for (index, value) in values.enumerated() {
                if index > 0 { output.append(UInt8(ascii: ",")) }
                value.write(to: &output)
            }
            output.append(UInt8(ascii: "]"))
        case .object(let object):
            output.append(UInt8(ascii: "{"))
            for (index, member) in object.members.enumerated() {
                if index > 0 { output.append(UInt8(ascii: ",")) }
                Self.write(member.key, to: &output)
                output.append(UInt8(ascii: ":"))
                member.value.write(to: &output)
            }
            output.append(UInt8(ascii: "}"))
        }
    }

    static func write(_ text: String, to output: inout [UInt8]) {
        output.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            if let letter = JSONEscape.letter(for: byte) {
                output.append(UInt8(ascii: "\\"))
                output.append(letter)
            } else if byte < 0x20 {
                output += (byte < 0x10 ? "\\u000" : "\\u00").utf8
                output += String(byte, radix: 16).utf8
            } else {
                output.append(byte)
            }
        }
        output.append(UInt8(ascii: "\""))
    }
}

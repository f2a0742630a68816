import DurableFiles
import JournalFormat
import Machines
import SystemPackage

/// The data of an event as a script gives it.
enum EventData {
    static func read(members: [String], file: String?) throws -> JSONObject {
        var data = JSONObject()
        if let file { data = try object(try contents(file)) }
        for member in members {
            guard let equals = member.firstIndex(of: "="), equals > member.startIndex else {
                throw Complaint(
                    "\(member) is not a member", hint: "write key=text, or key:=JSON for other values", .usage)
            }
            let value = String(member[member.index(after: equals)...])
            var key = String(member[..<equals])
            let isJSON = key.hasSuffix(":") && key.count > 1
            if isJSON { key.removeLast() }
            guard data[key] == nil else { throw Complaint("\(key) is given twice", .usage) }
            data[key] = isJSON ? try parse(Array(value.utf8), called: key) : .string(value)
        }
        return data
    }

    private static func contents(_ file: String) throws -> [UInt8] {
        if file == "-" { return try standardInput(limit: 1 << 20) }
        return try Account.given(FilePath(file), limit: 1 << 20)
    }

    /// Everything on standard input, whatever it is: a file, a pipe or a socket (which cannot be opened by a path).
    static func standardInput(limit: Int) throws -> [UInt8] {
        try OpenFile(adopting: .standardInput, path: "standard input").readToEnd(limit: limit)
    }

    private static func object(_ bytes: [UInt8]) throws -> JSONObject {
        guard let object = try parse(bytes, called: "the data").object else {
            throw Complaint("the data is not a JSON object", .usage)
        }
        return object
    }

    static func parse(_ bytes: [UInt8], called name: String) throws -> JSONValue {
        do {
            return try JSONValue(parsing: withoutWhiteSpace(bytes))
        } catch {
            throw Complaint(
                "\(name): \(error.reason.explanation)",
                hint:
                    "the journal takes integers, no duplicate keys and minimal escapes; jq -c . writes strings that way",
                .usage)
        }
    }

    /// White space between values is a matter of taste elsewhere; the journal has none.
    private static func withoutWhiteSpace(_ bytes: [UInt8]) -> [UInt8] {
        var kept: [UInt8] = []
        var isInString = false
        var isEscaped = false
        for byte in bytes {
            if isInString {
                kept.append(byte)
                if isEscaped {
                    isEscaped = false
                } else if byte == UInt8(ascii: "\\") {
                    isEscaped = true
                } else if byte == UInt8(ascii: "\"") {
                    isInString = false
                }
            } else if ![0x20, 0x09, 0x0a, 0x0d].contains(byte) {
                kept.append(byte)
                isInString = byte == UInt8(ascii: "\"")
            }
        }
        return kept
    }
}

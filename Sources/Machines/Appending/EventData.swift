package import JournalFormat

/// The data of an event as a script gives it.
package enum EventData {
    /// - Parameters:
    ///   - members: `key=text`, or `key:=JSON`.
    ///   - bytes: a JSON object that has the other members.
    package static func read(_ members: [String], object bytes: [UInt8]?) throws -> JSONObject {
        var data = try bytes.map { try object($0) } ?? JSONObject()
        for member in members {
            guard let equals = member.firstIndex(of: "="), equals > member.startIndex else {
                throw AppendError.notAMember(member)
            }
            let value = String(member[member.index(after: equals)...])
            var key = String(member[..<equals])
            let isJSON = key.hasSuffix(":") && key.count > 1
            if isJSON { key.removeLast() }
            guard data[key] == nil else { throw AppendError.givenTwice(key) }
            data[key] = isJSON ? try parse(Array(value.utf8), called: key) : .string(value)
        }
        return data
    }

    private static func object(_ bytes: [UInt8]) throws -> JSONObject {
        guard let object = try parse(bytes, called: "the data").object else {
            throw AppendError.dataNotAnObject
        }
        return object
    }

    package static func parse(_ bytes: [UInt8], called name: String) throws -> JSONValue {
        do {
            return try JSONValue(parsing: withoutWhiteSpace(bytes))
        } catch {
            throw AppendError.notStrictJSON(name, error.reason.explanation)
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

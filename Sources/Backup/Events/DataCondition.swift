package import JournalFormat

/// What a field of an event's data has to be, as a person writes it: `host=build1`, `reason.rule=chain_full`, `bytes=42`.
package struct DataCondition: Sendable, Equatable, CustomStringConvertible {
    /// A member of the data by its name, or names with dots between them: a member of a member.
    package let field: String
    package let value: String

    /// - Returns: nil without `=`, or with nothing before it.
    package init?(_ text: String) {
        guard let sign = text.firstIndex(of: "="), sign > text.startIndex else { return nil }
        field = String(text[..<sign])
        value = String(text[text.index(after: sign)...])
    }

    package var description: String { "\(field)=\(value)" }

    /// Whether the data has the field with that value: a string as it is, a number, `true`, `false` or `null` as JSON
    /// writes it; of an array one of its values.
    package func isMet(by data: JSONObject) -> Bool {
        Self.values(data, field[...]).contains(where: isValue)
    }

    /// What the field may stand for: a member's name may have dots in it.
    private static func values(_ object: JSONObject, _ field: Substring) -> [JSONValue] {
        var found: [JSONValue] = []
        if let value = object[String(field)] { found.append(value) }
        for dot in field.indices where field[dot] == "." {
            guard let below = object[String(field[..<dot])]?.object else { continue }
            found += values(below, field[field.index(after: dot)...])
        }
        return found
    }

    private func isValue(_ found: JSONValue) -> Bool {
        switch found {
        case .string(let text): text.utf8.elementsEqual(value.utf8)
        case .integer(let number): String(number) == value
        case .bool(let truth): String(truth) == value
        case .null: value == "null"
        case .array(let values): values.contains(where: isValue)
        case .object: false
        }
    }
}

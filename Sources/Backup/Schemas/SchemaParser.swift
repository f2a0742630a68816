package import JournalFormat

/// What is wrong with a schema, and where in it.
package struct SchemaError: Error, Sendable, Equatable {
    /// Of the keyword, or of what it says.
    package let path: JSONPath
    /// The end of a sentence that the path begins.
    package let what: String
}

extension Schema {
    static let keywords = [
        "type", "enum", "const", "properties", "required", "additionalProperties", "items", "minItems", "maxItems",
        "minLength", "maxLength", "minimum", "maximum",
    ]

    /// - Parameter value: the whole schema.
    package init(_ value: JSONValue) throws(SchemaError) { try self.init(value, at: JSONPath()) }

    private init(_ value: JSONValue, at path: JSONPath) throws(SchemaError) {
        guard let object = value.object else { throw SchemaError(path: path, what: "is not an object") }
        for member in object.members { try read(member.key, member.value, at: path.appending(member.key)) }
        for (name, bounds) in [("Items", itemCount), ("Length", length), ("imum", range)] {
            if let least = bounds.least, let most = bounds.most, least > most {
                throw SchemaError(path: path.appending("min\(name)"), what: "is above max\(name)")
            }
        }
    }

    private mutating func read(_ keyword: String, _ value: JSONValue, at path: JSONPath) throws(SchemaError) {
        switch keyword {
        case "type": kinds = try Self.kinds(value, path)
        case "enum":
            guard let values = value.array, !values.isEmpty else {
                throw SchemaError(path: path, what: "is not a list of values")
            }
            choices = values
        case "const": constant = value
        case "properties":
            guard let object = value.object else { throw SchemaError(path: path, what: "is not an object") }
            for member in object.members {
                properties.append((member.key, try Schema(member.value, at: path.appending(member.key))))
            }
        case "required": required = try Self.names(value, path)
        case "additionalProperties":
            switch value {
            case .bool(let isAllowed): others = isAllowed ? .any : .none
            default: others = .each(try Schema(value, at: path))
            }
        case "items": items = [try Schema(value, at: path)]
        case "minItems": itemCount.least = try Self.count(value, path)
        case "maxItems": itemCount.most = try Self.count(value, path)
        case "minLength": length.least = try Self.count(value, path)
        case "maxLength": length.most = try Self.count(value, path)
        case "minimum": range.least = try Self.number(value, path)
        case "maximum": range.most = try Self.number(value, path)
        default:
            throw SchemaError(path: path, what: "is not a keyword that is checked here")
        }
    }

    private static func kinds(_ value: JSONValue, _ path: JSONPath) throws(SchemaError) -> Set<Kind> {
        let names = value.string.map { [$0] } ?? value.array?.map { $0.string ?? "" } ?? []
        var kinds: Set<Kind> = []
        for name in names {
            guard let kind = Kind(rawValue: name), kinds.insert(kind).inserted else {
                throw SchemaError(path: path, what: "is not a type, or a list of different ones")
            }
        }
        guard !kinds.isEmpty else { throw SchemaError(path: path, what: "is not a type, or a list of different ones") }
        return kinds
    }

    private static func names(_ value: JSONValue, _ path: JSONPath) throws(SchemaError) -> [String] {
        guard let values = value.array else { throw SchemaError(path: path, what: "is not a list of names") }
        var names: [String] = []
        for value in values {
            guard let name = value.string, !names.contains(where: { $0.utf8.elementsEqual(name.utf8) }) else {
                throw SchemaError(path: path, what: "is not a list of different names")
            }
            names.append(name)
        }
        return names
    }

    private static func number(_ value: JSONValue, _ path: JSONPath) throws(SchemaError) -> Int {
        guard let number = value.integer else { throw SchemaError(path: path, what: "is not an integer") }
        return number
    }

    private static func count(_ value: JSONValue, _ path: JSONPath) throws(SchemaError) -> Int {
        guard let number = value.integer, number >= 0 else {
            throw SchemaError(path: path, what: "is not an integer from 0 on")
        }
        return number
    }
}

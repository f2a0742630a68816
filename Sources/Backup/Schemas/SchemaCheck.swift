package import JournalFormat

/// Where a value does not fit a schema: the first place, in the order of the schema's rules and of the value.
package struct SchemaMismatch: Sendable, Equatable {
    /// Of the value.
    package let path: JSONPath
    /// The end of a sentence that the path begins: `must be at least 1`.
    package let what: String
}

extension Schema {
    /// Nil where it fits.
    package func mismatch(_ value: JSONValue) -> SchemaMismatch? { mismatch(value, at: JSONPath()) }

    private func mismatch(_ value: JSONValue, at path: JSONPath) -> SchemaMismatch? {
        func no(_ what: String) -> SchemaMismatch { SchemaMismatch(path: path, what: what) }
        if let kinds, kinds.isDisjoint(with: value.kinds) {
            let names = Kind.allCases.filter(kinds.contains).map(\.rawValue)
            return no("must be of type \(names.joined(separator: " or "))")
        }
        if let constant, !constant.isSame(as: value) { return no("must be \(Self.shown(constant))") }
        if let choices, !choices.contains(where: { $0.isSame(as: value) }) {
            return no("must be one of \(choices.map(Self.shown).joined(separator: ", "))")
        }
        switch value {
        case .object(let object): return mismatch(of: object, at: path)
        case .array(let values):
            if let what = itemCount.complaint(values.count, "must have", "items") { return no(what) }
            guard let each = items.first else { return nil }
            for (index, item) in values.enumerated() {
                if let found = each.mismatch(item, at: path.appending("\(index)")) { return found }
            }
            return nil
        case .string(let text):
            return length.complaint(text.unicodeScalars.count, "must have", "characters").map(no)
        case .integer(let number): return range.complaint(number, "must be", "").map(no)
        case .null, .bool: return nil
        }
    }

    private func mismatch(of object: JSONObject, at path: JSONPath) -> SchemaMismatch? {
        for name in required where object[name] == nil {
            return SchemaMismatch(path: path.appending(name), what: "is missing")
        }
        for member in object.members {
            let place = path.appending(member.key)
            if let named = properties.first(where: { $0.name.utf8.elementsEqual(member.key.utf8) }) {
                if let found = named.schema.mismatch(member.value, at: place) { return found }
                continue
            }
            switch others {
            case .any: continue
            case .none: return SchemaMismatch(path: place, what: "is not a member that is allowed")
            case .each(let schema): if let found = schema.mismatch(member.value, at: place) { return found }
            }
        }
        return nil
    }

    /// Short enough for a line.
    private static func shown(_ value: JSONValue) -> String {
        let text = value.text
        return text.count > 60 ? "\(text.prefix(59))…" : text
    }
}

extension Schema.Bounds {
    fileprivate func complaint(_ value: Int, _ verb: String, _ unit: String) -> String? {
        let end = unit.isEmpty ? "" : " \(unit)"
        if let least, value < least { return "\(verb) at least \(least)\(end)" }
        if let most, value > most { return "\(verb) at most \(most)\(end)" }
        return nil
    }
}

extension JSONValue {
    fileprivate var kinds: Set<Schema.Kind> {
        switch self {
        case .null: [.null]
        case .bool: [.boolean]
        case .integer: [.integer, .number]
        case .string: [.string]
        case .array: [.array]
        case .object: [.object]
        }
    }

    /// Whether both are the same value: the members of an object in any order.
    fileprivate func isSame(as other: JSONValue) -> Bool {
        switch (self, other) {
        case (.object(let left), .object(let right)):
            left.members.count == right.members.count
                && left.members.allSatisfy { member in right[member.key]?.isSame(as: member.value) ?? false }
        case (.array(let left), .array(let right)):
            left.count == right.count && zip(left, right).allSatisfy { $0.isSame(as: $1) }
        default: self == other
        }
    }
}

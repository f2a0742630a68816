internal import JournalFormat

/// What the data of a user's own event type must be: a part of JSON Schema (draft 2020-12), so that a schema says there what it
/// says here. A keyword that is not in this list is refused when the schema is read: one that was passed over would promise
/// what nobody checks.
///
///     type, enum, const                                    of any value
///     properties, required, additionalProperties           of an object
///     items, minItems, maxItems                            of an array
///     minLength, maxLength                                 of a string, in Unicode scalars
///     minimum, maximum                                     of an integer: the journal has no other numbers
package struct Schema: Sendable, Equatable {
    package enum Kind: String, Sendable, CaseIterable {
        case null, boolean, object, array, string, integer, number
    }

    /// What members are allowed that `properties` does not name.
    indirect enum Others: Sendable, Equatable {
        case any
        case none
        case each(Schema)
    }

    /// Any of these; nil: any at all.
    var kinds: Set<Kind>?
    /// One of these; nil: any.
    var choices: [JSONValue]?
    var constant: JSONValue?
    /// In the order of the file.
    var properties: [(name: String, schema: Schema)] = []
    var required: [String] = []
    var others = Others.any
    /// None or one.
    var items: [Schema] = []
    var itemCount = Bounds()
    var length = Bounds()
    var range = Bounds()

    struct Bounds: Sendable, Equatable {
        var least: Int?
        var most: Int?
    }

    package static func == (left: Self, right: Self) -> Bool {
        left.kinds == right.kinds && left.choices == right.choices && left.constant == right.constant
            && left.properties.map(\.name) == right.properties.map(\.name)
            && left.properties.map(\.schema) == right.properties.map(\.schema) && left.required == right.required
            && left.others == right.others && left.items == right.items && left.itemCount == right.itemCount
            && left.length == right.length && left.range == right.range
    }
}

/// A place in a schema or in an event's data, as a JSON Pointer (RFC 6901).
package struct JSONPath: Sendable, Equatable, CustomStringConvertible {
    private var parts: [String] = []

    package init() {}

    func appending(_ name: String) -> JSONPath {
        var path = self
        path.parts.append(name)
        return path
    }

    /// `/steps/2/seconds`; nothing at the top.
    package var description: String {
        parts.map { part in
            var escaped = "/"
            for character in part.unicodeScalars {
                switch character {
                case "~": escaped += "~0"
                case "/": escaped += "~1"
                default: escaped.unicodeScalars.append(character)
                }
            }
            return escaped
        }.joined()
    }
}

/// An event type's name: `snapshot.taken`, `note`, `x.mine`.
package struct EventType: Hashable, Sendable, CustomStringConvertible {
    package let description: String

    /// Lower-case words of letters, digits, `_` and `-`, joined by points, at most 64 bytes; the first starts with
    /// a letter. Nil for anything else.
    package init?(_ text: String) {
        guard Self.isWellFormed(Array(text.utf8).span) else { return nil }
        description = text
    }

    package init(_ type: CoreEventType) {
        description = type.rawValue
    }

    static func isWellFormed(_ text: Span<UInt8>) -> Bool {
        guard text.count > 0, text.count <= 64 else { return false }
        var startsWord = true
        for index in 0..<text.count {
            switch text[index] {
            case UInt8(ascii: "a")...UInt8(ascii: "z"):
                startsWord = false
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                if index == 0 { return false }
                startsWord = false
            case UInt8(ascii: "_"), UInt8(ascii: "-"):
                if startsWord { return false }
            case UInt8(ascii: "."):
                if startsWord { return false }
                startsWord = true
            default:
                return false
            }
        }
        return !startsWord
    }

    /// For a user's own scripts.
    package var isUserDefined: Bool { Self.isUserDefined(Array(description.utf8).span) }

    package static func isUserDefined(_ name: Span<UInt8>) -> Bool {
        name.count > 2 && name[0] == UInt8(ascii: "x") && name[1] == UInt8(ascii: ".")
    }

    /// Nil for a user's own, and for one that this version does not know.
    package var core: CoreEventType? { CoreEventType(named: description) }

    /// Whether this version knows the type.
    package var isKnown: Bool { core != nil || isUserDefined }

    /// Whether a key of that role may make events of this type.
    package func mayBeAuthored(by role: KeyRole) -> Bool {
        (core?.authors ?? Self.other.authors).include(role)
    }

    /// What a verifier has to know of a type.
    struct Rules: Sendable {
        enum KeyEventKind: Sendable { case none, journalOpened, epochStarted, other }

        /// Nil for other types.
        let type: CoreEventType?
        let authors: CoreEventType.Authors
        let keyEvent: KeyEventKind

        func mayBeAuthored(by role: KeyRole) -> Bool { authors.include(role) }
    }

    /// For types under `x.`, and for ones that this version does not know.
    static let other = Rules(type: nil, authors: .sequencerOrAuthor, keyEvent: .none)

    static let core = NameTable(
        CoreEventType.allCases.map { type in
            let kind: Rules.KeyEventKind =
                switch type {
                case .journalOpened: .journalOpened
                case .epochStarted: .epochStarted
                default: type.isKeyEvent ? .other : .none
                }
            return (name: type.rawValue, value: Rules(type: type, authors: type.authors, keyEvent: kind))
        })
}

/// An event type's name: `snapshot.taken`, `note`, `x.mine`.
package struct EventType: Hashable, Sendable, CustomStringConvertible {
    package let description: String

    /// Lower-case words of letters, digits, `_` and `-`, joined by points, at most 64 bytes; the first starts with
    /// a letter. Nil for anything else.
    package init?(_ text: String) {
        guard Self.isWellFormed(Array(text.utf8).span) else { return nil }
        description = text
    }

    init(wellFormed text: String) {
        description = text
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

    /// Whether this version knows the type.
    package var isKnown: Bool { Self.core[Array(description.utf8).span] != nil || isUserDefined }

    /// All types that this version knows, but for a user's own.
    package static var coreTypes: [String] { core.names.map { String(decoding: $0, as: UTF8.self) }.sorted() }

    /// Whether a key of that role may make events of this type. A stolen workstation cannot claim an upload.
    package func mayBeAuthored(by role: KeyRole) -> Bool {
        (Self.core[Array(description.utf8).span] ?? Self.other).mayBeAuthored(by: role)
    }

    /// What a verifier has to know of a type.
    struct Rules: Sendable {
        enum KeyEventKind: Sendable { case none, journalOpened, epochStarted, other }

        enum Authors: Sendable { case root, sequencer, author, sequencerOrAuthor }

        let authors: Authors
        let keyEvent: KeyEventKind

        func mayBeAuthored(by role: KeyRole) -> Bool {
            switch authors {
            case .root: role == .root
            case .sequencer: role == .sequencer
            case .author: role == .author
            case .sequencerOrAuthor: role != .root
            }
        }
    }

    /// For types under `x.`, and for ones that this version does not know.
    static let other = Rules(authors: .sequencerOrAuthor, keyEvent: .none)

    /// Who may author each core type (journal-format.md, "Keys and roles").
    static let core: NameTable<Rules> = {
        var types: [(name: String, value: Rules)] = []
        func add(_ names: String..., authors: Rules.Authors, keyEvent: Rules.KeyEventKind = .none) {
            for name in names { types.append((name, Rules(authors: authors, keyEvent: keyEvent))) }
        }
        add("journal.opened", authors: .root, keyEvent: .journalOpened)
        add("epoch.started", authors: .root, keyEvent: .epochStarted)
        add("root.enrolled", "root.retired", authors: .root, keyEvent: .other)
        add("root.replaced", "key.enrolled", "key.retired", authors: .sequencer, keyEvent: .other)
        add("recipient.set", "kit.made", authors: .sequencer)
        add("artifact.registered", "artifact.uploaded", "artifact.stored", "artifact.verified", authors: .sequencer)
        add("artifact.withdrawn", "restore.released", "worktree.updated", "journal.repaired", authors: .sequencer)
        add("manifest.imported", "drill.completed", "review.signed", "journal.succeeds", authors: .sequencer)
        add("snapshot.taken", "artifact.sealed", "witness.accepted", authors: .author)
        add("snapshot.restored", "note", authors: .sequencerOrAuthor)
        return NameTable(types)
    }()
}

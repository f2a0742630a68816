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
    package var isUserDefined: Bool { description.hasPrefix("x.") }

    /// Whether this version knows the type.
    package var isKnown: Bool { Self.authors[description] != nil || isUserDefined }

    /// All types that this version knows, but for a user's own.
    package static var coreTypes: [String] { authors.keys.sorted() }

    /// Whether a key of that role may make events of this type. A stolen workstation cannot claim an upload.
    package func mayBeAuthored(by role: KeyRole) -> Bool {
        (Self.authors[description] ?? [.sequencer, .author]).contains(role)
    }

    /// Who may author each core type (journal-format.md, "Keys and roles").
    private static let authors: [String: Set<KeyRole>] = [
        "journal.opened": [.root], "epoch.started": [.root], "root.enrolled": [.root], "root.retired": [.root],
        "key.enrolled": [.sequencer], "key.retired": [.sequencer], "recipient.set": [.sequencer],
        "kit.made": [.sequencer], "artifact.registered": [.sequencer], "artifact.uploaded": [.sequencer],
        "artifact.stored": [.sequencer], "artifact.verified": [.sequencer], "artifact.withdrawn": [.sequencer],
        "restore.released": [.sequencer], "worktree.updated": [.sequencer], "journal.repaired": [.sequencer],
        "manifest.imported": [.sequencer], "drill.completed": [.sequencer], "review.signed": [.sequencer],
        "snapshot.taken": [.author], "artifact.sealed": [.author], "witness.accepted": [.author],
        "snapshot.restored": [.sequencer, .author], "note": [.sequencer, .author],
    ]
}

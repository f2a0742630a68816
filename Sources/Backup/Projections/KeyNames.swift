package import JournalFormat

/// What people call the keys that a journal's records have made known, as of the record taken last.
package struct KeyNames: Sendable {
    package struct Holder: Sendable, Equatable {
        package let name: String
        package let role: KeyRole
    }

    package private(set) var holders: [KeyID: Holder] = [:]

    package init() {}

    package subscript(id: KeyID) -> String { holders[id]?.name ?? id.description }

    package func role(_ id: KeyID) -> KeyRole? { holders[id]?.role }

    /// Key events that a verifier would refuse change nothing.
    package mutating func take(_ record: Record) {
        guard record.event.isKeyEvent, let change = try? KeyEvent(record.event) else { return }
        switch change {
        case .journalOpened(_, let root, let sequencer):
            holders[KeyID(root, role: .root)] = Holder(name: "root", role: .root)
            holders[KeyID(sequencer, role: .sequencer)] = Holder(name: "sequencer 1", role: .sequencer)
        case .epochStarted(let epoch, _, _, let sequencer, _):
            holders[KeyID(sequencer, role: .sequencer)] = Holder(name: "sequencer \(epoch)", role: .sequencer)
        case .rootEnrolled(let key, _):
            holders[KeyID(key, role: .root)] = Holder(name: "root", role: .root)
        case .rootReplaced(let replacement, _, _):
            holders[KeyID(replacement.root, role: .root)] = Holder(name: "root", role: .root)
        case .keyEnrolled(_, let key, let name, _):
            holders[KeyID(key, role: .author)] = Holder(name: name, role: .author)
        case .rootRetired, .keyRetired:
            break
        }
    }
}

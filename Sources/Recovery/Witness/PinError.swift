package import JournalFormat
package import Machines

/// Why another journal or another root was not pinned on a workstation.
package enum PinError: OperationError {
    package enum Side: Sendable {
        case replica
        case server
    }

    case otherJournal(_ pinned: EventID)
    case notVouching(KeyID, for: Side)
    /// A root that replaced the old one, without this workstation's word.
    case notEndorsed(record: Int)
    case notAJournal(String)
    case noPredecessor
    case otherRootPinned(log: EventID, root: KeyID)
}

extension PinError {
    package var description: String {
        switch self {
        case .otherJournal(let log): "this workstation belongs to journal \(log)"
        case .notVouching(let root, .replica): "root \(root) does not vouch for the replica; nothing was changed"
        case .notVouching(let root, .server):
            "root \(root) does not vouch for the server's journal; nothing was changed"
        case .notEndorsed(let record):
            "this workstation's key has not endorsed the root that came in with record \(record)"
        case .notAJournal(let text): "\(text) is not a journal's id"
        case .noPredecessor: "this workstation knows no journal yet, so there is none to succeed"
        case .otherRootPinned(let log, let root): "journal \(log) is pinned already, with root \(root)"
        }
    }

    package var hint: String? {
        switch self {
        case .otherJournal:
            "another data set has a WS_STATE of its own; if the server and its recovery kit are lost: "
                + "devjournal replica succeed"
        case .notVouching(_, .replica):
            "if it came in later, name what reaches the server, as in devjournal deliver: "
                + "devjournal replica pin … -- COMMAND"
        case .notVouching(_, .server): "compare the fingerprint with the server's own screen: devjournal verify"
        case .notEndorsed: "ask who endorsed it; --unendorsed accepts it all the same"
        case .notAJournal: nil
        case .noPredecessor, .otherRootPinned: "devjournal replica pin"
        }
    }

    package var kind: FailureKind {
        switch self {
        case .notVouching: .damaged
        case .notAJournal: .usage
        case .otherJournal, .notEndorsed, .noPredecessor, .otherRootPinned: .refused
        }
    }
}

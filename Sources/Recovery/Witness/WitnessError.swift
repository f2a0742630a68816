import Backup
package import Digest
package import JournalFormat
package import JournalStore
package import Machines

/// Why heads were not remembered, or given up.
package enum WitnessError: OperationError {
    case noCheckpoint(onWorkstation: Bool)
    case needsServersJournal
    case disagrees(HeadDisagreement)
}

/// A journal that is not what a head says of it.
package struct HeadDisagreement: Sendable, Equatable {
    package let finding: HeadFinding
    package let head: SignedCheckpoint
    /// Whether it is one that is to be remembered, not one that is.
    package let isOffered: Bool
    /// What the other side signed: for the same place where there is such a head, else the journal's checkpoint.
    package let other: SignedCheckpoint?
    /// The journal's last record.
    package let size: Int
    package let last: SHA256Digest

    /// Whether both heads are to be shown: somebody lost records, or signed two histories.
    package var isEvidence: Bool {
        switch finding {
        case .cut, .fork: true
        case .shorter: !isOffered
        case .damaged: false
        }
    }

    fileprivate var name: String { isOffered ? "new" : "remembered" }
}

extension WitnessError {
    package var description: String {
        switch self {
        case .noCheckpoint: return "the journal has no checkpoint"
        case .needsServersJournal: return "this needs the server's journal; a workstation has a replica of it"
        case .disagrees(let found):
            let size = found.head.checkpoint.size
            switch found.finding {
            case .cut(let base):
                return "a newer epoch starts after record \(base), below the \(found.name) head of "
                    + "\(Plain.counted(size, "record")): those between were lost"
            case .fork:
                return "fork: the journal has another history than the \(found.name) head of "
                    + Plain.counted(size, "record")
            case .shorter where found.isOffered:
                return "the journal has \(Plain.counted(found.size, "record")), the new head \(size)"
            case .shorter:
                return "the journal ends with record \(found.size), before the remembered head of "
                    + Plain.counted(size, "record")
            case .damaged(let damage):
                return "the \(found.name) head of \(Plain.counted(size, "record")): \(damage)"
            }
        }
    }

    package var hint: String? {
        switch self {
        case .noCheckpoint(let onWorkstation):
            return onWorkstation
                ? "devjournal deliver -- COMMAND fetches the journal and remembers its head"
                : "devjournal checkpoint signs one"
        case .needsServersJournal: return "devjournal witness accept -- COMMAND, the one of devjournal deliver"
        case .disagrees(let found):
            switch found.finding {
            case .cut where found.isOffered:
                return "it is of an older epoch; the journal's own checkpoint can be remembered"
            case .shorter where found.isOffered: return "give a journal that reaches it with --journal"
            case .cut, .fork, .shorter, .damaged: return found.finding.remedy(accepting: "devjournal witness accept")
            }
        }
    }

    package var kind: FailureKind {
        switch self {
        case .noCheckpoint, .needsServersJournal: return .notFound
        case .disagrees(let found):
            switch found.finding {
            case .cut: return .refused
            case .shorter: return found.isOffered ? .refused : .damaged
            case .fork, .damaged: return .damaged
            }
        }
    }
}

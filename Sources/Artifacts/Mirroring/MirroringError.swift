import Backup
package import Machines
import Mirror

/// What a push, or a check of the mirror, leaves for a person to do.
package enum MirroringError: OperationError {
    case noRecipient
    /// One of the objects that differ, how it differs, and the commands that mend all of them.
    case notTheJournals(String, String, more: Int, repairs: [String])
    /// All else is there.
    case leftOut([String], remedies: [String])
}

extension MirroringError {
    package var description: String {
        switch self {
        case .noRecipient: "the journal names no age recipient"
        case .notTheJournals(let name, let kind, let more, _):
            "the mirror is not what the journal says: \(name) is \(kind)" + (more > 0 ? ", and \(more) more" : "")
        case .leftOut(let artifacts, _): "all else is mirrored, but \(Plain.list(artifacts))"
        }
    }

    package var hint: String? {
        switch self {
        case .noRecipient: nil
        case .notTheJournals(_, _, _, let repairs): Self.joined(repairs, "; then: ")
        case .leftOut(_, let remedies): Self.joined(remedies, "; ")
        }
    }

    package var kind: FailureKind {
        switch self {
        case .noRecipient: .refused
        case .notTheJournals, .leftOut: .incomplete
        }
    }

    /// Each once, in this order.
    private static func joined(_ commands: [String], _ separator: String) -> String? {
        let each = commands.reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
        return each.isEmpty ? nil : each.joined(separator: separator)
    }
}

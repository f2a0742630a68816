package import Backup
package import Machines

/// What a scrub leaves for a person to do.
package enum ScrubError: OperationError {
    case notRestorable([Label], wasRepairTried: Bool)
    case cataloguesUnsound([Label], wasRepairTried: Bool)
    case unreadable([Label])
}

extension ScrubError {
    package var description: String {
        switch self {
        case .notRestorable(let labels, _): "not restorable from this server: \(Self.list(labels))"
        case .cataloguesUnsound(let labels, _):
            "the catalogue is not sound of \(Self.list(labels)); restores do not need it"
        case .unreadable(let labels): "not checked, as this user may not read them: \(Self.list(labels))"
        }
    }

    package var hint: String? {
        switch self {
        case .notRestorable(_, true), .cataloguesUnsound(_, true): "why it was not repaired stands above"
        case .notRestorable(_, false), .cataloguesUnsound(_, false):
            "devjournal scrub --repair fetches it from the mirror"
        case .unreadable: "run it as the user that the repository belongs to"
        }
    }

    package var kind: FailureKind {
        switch self {
        case .notRestorable, .cataloguesUnsound: .damaged
        case .unreadable: .failed
        }
    }

    private static func list(_ labels: [Label]) -> String { Plain.list(labels.map(\.description)) }
}

package import Backup
package import Machines
package import SystemPackage

/// Why a month's snapshot is not sealed.
package enum MonthSealingError: OperationError {
    case notALabel(String, dataset: String)
    case notAType(String)
    case notAUUID(String)
    case otherSnapshot(FilePath, of: Label)
    case registeredAs(ArtifactName)
    /// A file without its event was never finished by anyone: no matter who made it, it is not ours to overwrite.
    case unknownFile(FilePath)
    case otherFile(FilePath)
    case notInspected
}

extension MonthSealingError {
    package var description: String {
        switch self {
        case .notALabel(let text, _): "\(text) is not a label"
        case .notAType(let text): "\(text) is not an artifact type"
        case .notAUUID(let text): "\(text) is not a UUID"
        case .otherSnapshot(let path, let label): "\(path) is not the snapshot of \(label)"
        case .registeredAs(let name): "\(name.label) is registered already, as \(name)"
        case .unknownFile(let path): "\(path) is there, but the journal knows no such artifact"
        case .otherFile(let path): "\(path) is not what was sealed"
        case .notInspected: "the stream was not inspected"
        }
    }

    package var hint: String? {
        switch self {
        case .notALabel(_, let dataset): "a label is 2026-01 or \(dataset)@2026-01"
        case .notAType: "full or incr"
        case .otherSnapshot: "--tree wants the read-only subvolume with --uuid"
        case .unknownFile: "move it away"
        case .otherFile: "move it away and seal again"
        case .notAUUID, .registeredAs, .notInspected: nil
        }
    }

    package var kind: FailureKind {
        switch self {
        case .notALabel, .notAType, .notAUUID: .usage
        case .otherSnapshot, .registeredAs, .unknownFile: .refused
        case .otherFile: .damaged
        case .notInspected: .failed
        }
    }
}

package import Machines
package import SystemPackage

/// Why no bundle was made.
package enum ExportError: OperationError {
    case notAName(String)
    case isThere(FilePath)
    /// The lines of the journal that this one succeeds.
    case predecessorDamaged(String)
}

extension ExportError {
    package var description: String {
        switch self {
        case .notAName(let text): "'\(text)' is not a name for a bundle"
        case .isThere(let path): "\(path) is there already"
        case .predecessorDamaged(let what): what
        }
    }

    package var hint: String? { if case .isThere = self { "nothing is overwritten; give a new name" } else { nil } }

    package var kind: FailureKind {
        switch self {
        case .notAName: .usage
        case .isThere: .refused
        case .predecessorDamaged: .damaged
        }
    }
}

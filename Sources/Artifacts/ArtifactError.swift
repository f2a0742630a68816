package import Backup
package import Machines
package import SystemPackage

/// Why an artifact or its catalogue was not taken, brought, checked or handed out.
package enum ArtifactError: OperationError {
    case notAFile(FilePath)
    case otherContent(FilePath)
    case changedWhileCopied(FilePath)
    case catalogueNotArrived(Label)
    case otherCatalogue(FilePath, of: ArtifactName)
}

extension ArtifactError {
    package var description: String {
        switch self {
        case .notAFile(let path): "\(path) is not a file"
        case .otherContent(let path): "\(path) is there already, with other content"
        case .changedWhileCopied(let path): "\(path) changed while it was copied"
        case .catalogueNotArrived(let label): "the catalogue of \(label) has not arrived"
        case .otherCatalogue(let path, let name): "\(path) is not the catalogue that was sealed with \(name)"
        }
    }

    package var hint: String? {
        switch self {
        case .otherContent: "artifacts are immutable"
        case .catalogueNotArrived(let label):
            "hand it over with the artifact: \(label.catalogueName) is next to it"
        case .otherCatalogue: "hand it over again"
        case .notAFile, .changedWhileCopied: nil
        }
    }

    package var kind: FailureKind {
        switch self {
        case .notAFile, .otherContent: .refused
        case .changedWhileCopied, .otherCatalogue: .damaged
        case .catalogueNotArrived: .incomplete
        }
    }
}

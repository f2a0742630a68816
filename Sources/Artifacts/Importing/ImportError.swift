package import Backup
package import Machines
package import SystemPackage

/// Why a manifest from before the journal was not imported.
package enum ImportError: OperationError {
    case hasArtifacts(Int)
    case notText(FilePath)
    /// `isDamaged`: a file is there, but it is not what its row says.
    case problems([LegacyManifest.Problem], FilePath, isDamaged: Bool)
}

extension ImportError {
    package var description: String {
        switch self {
        case .hasArtifacts(let count):
            "the journal has \(count) registered artifacts already, so no manifest is imported"
        case .notText(let path): "\(path) is not UTF-8 text"
        case .problems(let problems, let path, _):
            "\(Plain.counted(problems.count, "problem")) in \(path); nothing was imported"
        }
    }

    package var hint: String? {
        switch self {
        case .hasArtifacts: "a manifest is imported once, into a journal without artifacts"
        case .notText: nil
        case .problems: "correct the manifest or the files, and import it again"
        }
    }

    package var kind: FailureKind {
        switch self {
        case .problems(_, _, isDamaged: true): .damaged
        case .hasArtifacts, .notText, .problems(_, _, isDamaged: false): .refused
        }
    }
}

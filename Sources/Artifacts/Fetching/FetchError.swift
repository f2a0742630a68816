package import Backup
package import Machines
package import SystemPackage

/// Why something was not fetched from the mirror.
package enum FetchError: OperationError {
    case noMirror(for: ArtifactName)
    /// `handOver`: what brings it instead.
    case notMirrored(handOver: String)
    case neverPushed(ArtifactName)
    case withdrawnMeanwhile
    case notBrought([Label])
    /// The server of a rebuild that is still to come.
    case rootUnknown
    case notOwnDirectory(FilePath)
}

extension FetchError {
    package var description: String {
        switch self {
        case .noMirror(let name): "no mirror is configured, so \(name) cannot be fetched"
        case .notMirrored: "the mirror does not have it"
        case .neverPushed(let name): "\(name) was never pushed to the mirror"
        case .withdrawnMeanwhile: "it was withdrawn meanwhile"
        case .notBrought(let labels): "not brought: \(Plain.list(labels.map(\.description)))"
        case .rootUnknown: "this server does not know its journal's root yet"
        case .notOwnDirectory(let path): "\(path) is not a directory of this user's alone"
        }
    }

    package var hint: String? {
        switch self {
        case .noMirror: "set MIRROR, such as file:///srv/mirror"
        case .notMirrored(let handOver): handOver
        case .notBrought: "the lines before say why"
        case .rootUnknown: "after a wipe: devjournal rebuild --from-mirror --kit KIT"
        case .notOwnDirectory: "remove it, or name another with --to"
        case .neverPushed, .withdrawnMeanwhile: nil
        }
    }

    package var kind: FailureKind {
        switch self {
        case .noMirror: .usage
        case .notMirrored, .neverPushed, .rootUnknown: .notFound
        case .withdrawnMeanwhile, .notOwnDirectory: .refused
        case .notBrought: .incomplete
        }
    }
}

package import Backup
package import Digest
package import Machines
package import SystemPackage

/// Why what was pulled is not taken into the repository.
package enum StoringError: OperationError {
    case noDirectory(FilePath)
    case noArtifact(_ in: FilePath)
    case unknown(ArtifactName, FilePath)
    case notTheJournals(FilePath, hash: SHA256Digest)
}

extension StoringError {
    package var description: String {
        switch self {
        case .noDirectory(let path): "there is no directory \(path)"
        case .noArtifact(let path): "there is no artifact in \(path)"
        case .unknown(let name, _): "the journal knows no \(name)"
        case .notTheJournals(let path, let hash): "\(path) is not what the journal says: its hash is \(hash)"
        }
    }

    package var hint: String? {
        switch self {
        case .noDirectory: nil
        case .noArtifact: "devjournal pull fetches them"
        case .unknown(_, let path): "nothing unknown is stored; remove \(path)"
        case .notTheJournals: "remove it and run devjournal pull again"
        }
    }

    package var kind: FailureKind {
        switch self {
        case .noDirectory, .noArtifact: .notFound
        case .unknown: .refused
        case .notTheJournals: .damaged
        }
    }
}

package import Backup
import Digest
import DurableFiles
package import Machines
package import SystemPackage

/// The artifact that a person names: by its file, which the journal knows by its hash, or by its label.
package struct NamedArtifact {
    /// Where it is, or for a label where it should be.
    package let path: FilePath
    package let entry: BackupState.Entry

    /// - Parameter name: a file's path, relative to where the command runs; `latest`, `2026-01` or `dev@2026-01`. If a
    ///   file of that name is there, the file is meant.
    package init(_ name: String, _ machine: Machine) throws {
        let state = try machine.state()
        let path = FilePath(name)
        if Account.asCaller({ pathExists(path) }) {
            let sha256 = try ArtifactFile.hash(path, options: []).sha256.hex
            guard let entry = state.entries.values.first(where: { $0.artifact.sha256 == sha256 }) else {
                throw NamedArtifactError.hashUnknown(path, hash: sha256)
            }
            self.path = path
            self.entry = entry
        } else {
            guard let label = try? machine.label(name, in: state) else {
                throw NamedArtifactError.neitherFileNorLabel(name, dataset: machine.dataset)
            }
            guard let entry = state.entries[label] else { throw RestorePlanError.unknownLabel(label) }
            self.path = machine.server.root.appending(entry.localPath)
            self.entry = entry
        }
    }
}

/// Why a name stands for no artifact.
package enum NamedArtifactError: OperationError {
    /// A file's; in hexadecimal.
    case hashUnknown(FilePath, hash: String)
    case neitherFileNorLabel(String, dataset: String)
}

extension NamedArtifactError {
    package var description: String {
        switch self {
        case .hashUnknown(let file, let hash): "the journal knows no artifact with the hash of \(file): \(hash)"
        case .neitherFileNorLabel(let name, _): "there is no file \(name), and no artifact of such a label"
        }
    }

    package var hint: String? {
        switch self {
        case .hashUnknown: "it may be damaged; --without-journal opens it anyway"
        case .neitherFileNorLabel(_, let dataset): "a label is latest, 2026-01 or \(dataset)@2026-01"
        }
    }

    package var kind: FailureKind {
        switch self {
        case .hashUnknown: .damaged
        case .neitherFileNorLabel: .notFound
        }
    }
}

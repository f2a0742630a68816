package import Backup
package import Machines
package import SystemPackage

/// Why an artifact that was handed over was not registered.
package enum RegistrationError: OperationError {
    case notAName(FilePath, dataset: String)
    /// A workstation asks for what none has announced.
    case notAnnounced(ArtifactName)
    case stillArriving(ArtifactName, bytes: Int, of: Int)
    case transferRunning
    /// Hashes in hexadecimal.
    case notWhatWasSealed(FilePath, hash: String, sealed: String)
    /// It stands where the artifact belongs.
    case unknownFile(FilePath)

    package var isNotWhatWasSealed: Bool { if case .notWhatWasSealed = self { true } else { false } }
}

extension RegistrationError {
    package var description: String {
        switch self {
        case .notAName(let file, _): "\(file) has no artifact's name"
        case .notAnnounced(let name): "no record says that \(name) was sealed"
        case .stillArriving(let name, let arrived, let bytes):
            "\(arrived) of the \(bytes) bytes of \(name) have arrived"
        case .transferRunning: "another transfer is still running"
        case .notWhatWasSealed(let file, let hash, let sealed):
            "\(file) is not what was sealed: its hash is \(hash), not \(sealed)"
        case .unknownFile(let path): "\(path) is there already, with other content"
        }
    }

    package var hint: String? {
        switch self {
        case .notAName(_, let dataset): "such as \(dataset)@2026-01.full.send.zst.age"
        case .notAnnounced: "devjournal deliver, then again"
        case .stillArriving: "run it again: it continues where it stopped"
        case .transferRunning: "run it again in a few minutes"
        case .notWhatWasSealed: "the file was changed or damaged on its way; hand over the sealed one again"
        case .unknownFile: "no record knows it: look at it, and move it away"
        }
    }

    package var kind: FailureKind {
        switch self {
        case .notAName: .usage
        case .notAnnounced, .unknownFile: .refused
        case .stillArriving, .transferRunning: .incomplete
        case .notWhatWasSealed: .damaged
        }
    }
}

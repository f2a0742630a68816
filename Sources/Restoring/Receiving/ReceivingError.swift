package import Backup
package import Machines
package import SystemPackage

/// Why an artifact's stream was not received, or not to its end.
package enum ReceivingError: OperationError {
    case hashUnreadable(ArtifactName)
    case artifactMissing(FilePath, Label)
    case artifactNotAFile(FilePath, Label)
    /// - Parameter hint: where the sound one comes from.
    case otherArtifact(FilePath, _ difference: String, hint: String?)
    /// A receive was ended before it took the reserve.
    case reserveReached(FilePath, free: Int, kept: Int)
    case noCage(_ failure: String)
    case mountInside(FilePath)
}

extension ReceivingError {
    package var description: String {
        switch self {
        case .hashUnreadable(let name): "the journal's hash of \(name) cannot be read"
        case .artifactMissing(let path, _): "the artifact \(path) is missing"
        case .artifactNotAFile(let path, _): "\(path) is not a file"
        case .otherArtifact(let path, let difference, _): "\(path) is not what the journal says: \(difference)"
        case .reserveReached(let directory, let free, let kept):
            "not enough space in \(directory): \(Plain.bytes(free)) is free while a stream is received, and "
                + "\(Plain.bytes(kept)) is kept in reserve"
        case .noCage(let failure): "no cage for btrfs receive: \(failure)"
        case .mountInside(let path):
            "no cage for btrfs receive: something is mounted between \(path) and the top of its subvolume"
        }
    }

    package var hint: String? {
        switch self {
        case .hashUnreadable: nil
        case .artifactMissing(_, let label): "on the server: devjournal fetch \(label)"
        case .artifactNotAFile(_, let label): "devjournal scrub --repair \(label) fetches the artifact again"
        case .otherArtifact(_, _, let hint): hint
        case .reserveReached:
            "what was received is deleted again; make room there. If the stream takes far more than its length, "
                + "find out who made the artifact"
        case .noCage: "nothing was received; it needs root with all capabilities, and Linux 6.1 or newer"
        case .mountInside: "nothing was received; mount it elsewhere"
        }
    }

    package var kind: FailureKind {
        switch self {
        case .hashUnreadable, .artifactNotAFile, .otherArtifact: .damaged
        case .artifactMissing: .notFound
        case .reserveReached, .noCage, .mountInside: .failed
        }
    }
}

package import Machines
package import SystemPackage

/// Why no bundle was made.
package enum ExportError: OperationError {
    case notAName(String)
    case isThere(FilePath)
    /// The lines of the journal that this one succeeds.
    case predecessorDamaged(String)
    /// A directory that holds something else than tiles.
    case notTiles(FilePath)
    /// Tiles of another journal, or of another history of this one.
    case otherTiles(FilePath)
    /// A named journal, or a replica, without a signed head.
    case noCheckpoint(FilePath)
}

extension ExportError {
    package var description: String {
        switch self {
        case .notAName(let text): "'\(text)' is not a name for a bundle"
        case .isThere(let path): "\(path) is there already"
        case .predecessorDamaged(let what): what
        case .notTiles(let path): "\(path) holds something else than tiles"
        case .otherTiles(let path): "\(path) is of another history than this journal"
        case .noCheckpoint(let path): "there is no checkpoint in \(path)"
        }
    }

    package var hint: String? {
        switch self {
        case .isThere, .notTiles, .otherTiles: "nothing is overwritten; give a new name"
        case .noCheckpoint:
            "devjournal checkpoint on the server signs one; devjournal deliver brings it to a workstation"
        case .notAName, .predecessorDamaged: nil
        }
    }

    package var kind: FailureKind {
        switch self {
        case .notAName: .usage
        case .isThere, .notTiles, .otherTiles: .refused
        case .noCheckpoint: .notFound
        case .predecessorDamaged: .damaged
        }
    }
}

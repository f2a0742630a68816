import Backup
import DurableFiles
import SystemPackage
import TreeHash

/// How much room an artifact is expected to take before it is sealed: what the person says, what the artifacts before
/// let expect, or, for the first of all, what goes in.
struct SealingSpace {
    let name: ArtifactName
    /// Given by the person.
    let expected: Int?
    /// The stored stream that is sealed in place of a producer's.
    let stream: FilePath?
    /// The snapshot's directory.
    let tree: FilePath?

    /// Nil where nothing can be said beforehand.
    func need(_ state: BackupState) throws -> SpaceNeed? {
        let purpose = "sealing \(name)"
        if let expected { return SpaceNeed(purpose, bytes: expected, estimate: "--expect-bytes") }
        if let need = state.sealingNeed(name) { return need }
        if let stream {
            let bytes = try attempt("look at", stream) { try stream.stat().size }
            return SpaceNeed(purpose, bytes: Int(bytes), estimate: "the stream before compression")
        }
        guard let tree = tree ?? state.snapshots[name.label].map({ FilePath($0.path) }), pathExists(tree) else {
            return nil
        }
        return SpaceNeed(
            purpose, bytes: try TreeSize(tree).streamBytes, estimate: "the size of its tree before compression")
    }
}

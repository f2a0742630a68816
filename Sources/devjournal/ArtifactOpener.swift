import Age
import Backup
import Digest
import DurableFiles
import Sealing
import SystemPackage

/// Opens registered artifacts, never further than the signed journal allows.
struct ArtifactOpener {
    private let identities: [AgeIdentity]

    init(_ identities: [AgeIdentity]) {
        self.identities = identities
    }

    /// The stored bytes must have the registered hash, and the stream must be the snapshot that was recorded.
    func open(
        _ path: FilePath, _ entry: BackupState.Entry, into sink: StreamSink,
        progress: (@Sendable (UInt64) -> Void)? = nil
    ) async throws -> OpenedStream {
        let artifact = entry.artifact
        guard let sha256 = SHA256Digest(hex: artifact.sha256) else {
            throw Complaint("the journal's hash of \(artifact.name) cannot be read", .damaged)
        }
        guard pathExists(path) else {
            throw Complaint(
                "the artifact \(path) is missing", hint: "devjournal pull \(artifact.label), then devjournal store",
                .notFound)
        }
        guard try attempt("look at", path, { try path.stat().type }) == .regular else {
            throw Complaint(
                "\(path) is no file", hint: "devjournal scrub --repair \(artifact.label) fetches the artifact anew",
                .damaged)
        }
        var expected = StreamExpectation(name: artifact.label.description)
        if let stream = entry.stream {
            expected.uuid = SubvolumeUUID(stream.uuid)
            expected.parent = stream.parentUUID.flatMap { SubvolumeUUID($0) }.map { .uuid($0) } ?? .none
        }
        let opener = Opener(
            with: identities, layers: .all(.sendStream(expected)),
            expecting: StoredFileExpectation(bytes: UInt64(artifact.bytes), sha256: sha256),
            outputLimit: entry.stream.map { UInt64($0.bytes) } ?? .max, progress: progress)
        do {
            return try await opener.open(path, into: sink)
        } catch {
            switch error {
            case .otherContent, .otherLength:
                throw Complaint("\(path) is not what the journal says: \(error)", hint: error.hint, .damaged)
            default:
                throw error
            }
        }
    }
}

import Backup
import Catalogue
import Digest
import JournalFormat
import Sealing

/// By whose word a workstation takes a stream for the one that was sealed.
///
/// Where the journal is another machine's, that is the word of a key that this workstation trusts, and the server's alone
/// only where a person says so: whoever has the server can register anything, but sign it for nobody.
struct SealingEvidence {
    /// What is known of an artifact's snapshot.
    struct Snapshot {
        /// Nil where the artifact was imported and never restored.
        let uuid: String?
        let parent: StreamExpectation.Parent
        /// The most bytes that its stream may have.
        let bytes: UInt64
        let tree: String?
        /// Nil where no word but the server's says what they are.
        let frames: SealedFrames?
    }

    private enum Trust {
        /// The journal, and every artifact, is on this machine.
        case everybody
        case some(TrustedAuthors, Workstation)
    }

    private let trust: Trust
    private let trustsServer: Bool
    private let receivedUUIDs: [Label: String]

    init(_ ledger: WorkstationLedger, trustsServer: Bool) throws {
        self.trustsServer = trustsServer
        receivedUUIDs = try ledger.state().receivedUUIDs
        switch ledger {
        case .journal:
            trust = .everybody
        case .outbox(let workstation):
            trust = .some(try TrustedAuthors(workstation), workstation)
        }
    }

    func snapshot(of entry: BackupState.Entry) throws -> Snapshot {
        switch trust {
        case .everybody:
            return snapshot(entry, entry.sealings.first?.stream)
        case .some(let authors, let workstation):
            if let sealing = authors.sealing(of: entry), sealing.stream.frames != nil {
                return snapshot(entry, sealing.stream)
            }
            guard trustsServer else { throw try refusal(entry, workstation) }
            Terminal.warn("what \(entry.artifact.label) holds is taken on the server's word")
            return snapshot(entry, entry.stream, isServersWord: true)
        }
    }

    private func snapshot(
        _ entry: BackupState.Entry, _ stream: ArtifactStream?, isServersWord: Bool = false
    ) -> Snapshot {
        guard let stream else {
            return Snapshot(
                uuid: receivedUUIDs[entry.artifact.label],
                parent: entry.artifact.name.kind.parent == nil ? .none : .any, bytes: .max, tree: nil, frames: nil)
        }
        let frames = stream.frames.flatMap { frames in
            SHA256Digest(hex: frames.sha256).map { SealedFrames(count: frames.count, sha256: $0) }
        }
        return Snapshot(
            uuid: stream.uuid, parent: stream.parentUUID.flatMap { SubvolumeUUID($0) }.map { .uuid($0) } ?? .none,
            bytes: UInt64(stream.bytes), tree: stream.tree, frames: isServersWord ? nil : frames)
    }

    private func refusal(_ entry: BackupState.Entry, _ workstation: Workstation) throws -> Complaint {
        let label = entry.artifact.label
        let authors = entry.sealings.filter { $0.stream.frames != nil }.map(\.author)
        guard let author = authors.first else {
            return Complaint(
                "no workstation has signed what the artifact of \(label) holds, so what the server sends cannot be checked",
                hint: "as root: LS_request.sh --trust-server \(label.monthText) takes it on the server's word", .refused
            )
        }
        let name = try workstation.keyring()[author].map { "\($0.name) (\(author))" } ?? author.description
        return Complaint(
            "\(label) was sealed by \(name), which this workstation does not trust",
            hint: "compare that fingerprint with the one that its workstation showed when it was paired; "
                + "then: devjournal replica trust \(author)", .refused)
    }
}

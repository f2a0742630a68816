package import Backup
package import Catalogue
import Digest
import JournalFormat
package import Machines
package import Sealing

/// By whose word a workstation takes a stream for the one that was sealed.
///
/// Where the journal is another machine's, that is the word of a key that this workstation trusts, and the server's
/// alone only where a person says so: somebody who has the server can register anything, but sign it for nobody.
package struct SealingEvidence {
    /// What is known of an artifact's snapshot.
    package struct Snapshot {
        /// Nil where the artifact was imported and never restored.
        package let uuid: String?
        package let parent: StreamExpectation.Parent
        /// The most bytes that its stream may have.
        package let bytes: UInt64
        package let tree: String?
        /// Nil where no word but the server's says what they are.
        package let frames: SealedFrames?
    }

    private enum Trust {
        /// The journal, and every artifact, is on this machine.
        case everybody
        case some(TrustedAuthors, Workstation)
    }

    private let trust: Trust
    private let trustsServer: Bool
    private let reporter: any Reporter
    private let receivedUUIDs: [Label: String]

    package init(_ ledger: WorkstationLedger, trustsServer: Bool, _ reporter: any Reporter) throws {
        self.reporter = reporter
        self.trustsServer = trustsServer
        receivedUUIDs = try ledger.state().receivedUUIDs
        switch ledger {
        case .journal:
            trust = .everybody
        case .outbox(let workstation):
            trust = .some(try TrustedAuthors(workstation), workstation)
        }
    }

    package func snapshot(of entry: BackupState.Entry) throws -> Snapshot {
        switch trust {
        case .everybody:
            return snapshot(entry, entry.sealings.first?.stream)
        case .some(let authors, let workstation):
            if let sealing = authors.sealing(of: entry), sealing.stream.frames != nil {
                return snapshot(entry, sealing.stream)
            }
            guard trustsServer else { throw try refusal(entry, workstation) }
            reporter.warn("what \(entry.artifact.label) holds is taken on the server's word")
            return snapshot(entry, entry.stream, isServersWord: true)
        }
    }

    /// What the server's catalogue of an artifact has to be. One that was made later, and is not the one that was sealed, is
    /// the server's word, in which listing and frames are still those that the sealing names, where it names any.
    ///
    /// - Returns: nil where there is none, or where nobody who is trusted here has signed it.
    /// - Throws: `RestoreError.untrustedAuthor`.
    package func catalogue(of entry: BackupState.Entry) throws -> SignedCatalogue? {
        guard case .some(let authors, let workstation) = trust else { return entry.signedCatalogue(by: entry.stream) }
        let stream = authors.sealing(of: entry)?.stream
        let later = entry.laterCatalogue?.text.plainSHA256
        if let signed = entry.signedCatalogue(by: stream), stream?.frames != nil,
            later == nil || later == stream?.catalogue?.plainSHA256
        {
            return signed
        }
        guard trustsServer else {
            let refusal = try refusal(entry, workstation)
            if stream == nil, case .untrustedAuthor = refusal { throw refusal }
            return nil
        }
        reporter.warn("what the catalogue of \(entry.artifact.label) says is taken on the server's word")
        return entry.signedCatalogue(by: stream)
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

    private func refusal(_ entry: BackupState.Entry, _ workstation: Workstation) throws -> RestoreError {
        let label = entry.artifact.label
        let authors = entry.sealings.filter { $0.stream.frames != nil }.map(\.author)
        guard let author = authors.first else { return .unsigned(label) }
        let name = try workstation.keyring()[author].map { "\($0.name) (\(author))" } ?? author.description
        return .untrustedAuthor(label, name: name, key: author)
    }
}

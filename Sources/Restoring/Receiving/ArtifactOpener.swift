package import Age
package import Backup
package import Catalogue
import Digest
import DurableFiles
package import Machines
package import Sealing
package import SystemPackage

/// Opens registered artifacts, never further than the signed journal allows.
package struct ArtifactOpener {
    package let identities: [AgeIdentity]

    package init(_ identities: [AgeIdentity]) {
        self.identities = identities
    }

    /// The stored bytes must have the registered hash, and the stream must be the snapshot that was recorded.
    ///
    /// - Parameters:
    ///   - parentTree: where the snapshot stands that an increment starts from, if it does.
    ///   - substitute: named in place of the parent in what comes out.
    ///   - hashesFrames: whether its frames' hashes are wanted.
    package func open(
        _ path: FilePath, _ entry: BackupState.Entry, over parentTree: FilePath? = nil, into sink: StreamSink,
        hashesFrames: Bool = false, substitute: ParentSubstitute? = nil, progress: (@Sendable (UInt64) -> Void)? = nil
    ) async throws -> OpenedStream {
        let artifact = entry.artifact
        let stored = try stored(path, artifact)
        var expected = entry.expectedStream
        expected.parentTree = parentTree
        let opener = Opener(
            with: identities, layers: .all(.sendStream(expected)), expecting: stored, outputLimit: entry.longestStream,
            hashesFrames: hashesFrames, substitute: substitute, progress: progress)
        return try await Self.named(path) { () async throws(OpenError) in try await opener.open(path, into: sink) }
    }

    /// What a catalogue says of it, by reading all of it.
    ///
    /// - Parameter map: gets the text of its stream's map.
    package func survey(
        _ path: FilePath, _ entry: BackupState.Entry, map: @escaping StreamMapSink,
        progress: @escaping @Sendable (UInt64) -> Void
    ) async throws -> ArtifactSurvey {
        let stored = try stored(path, entry.artifact)
        return try await Self.named(path) { () async throws(OpenError) in
            try await ArtifactSurvey.of(
                path, expecting: stored, entry.expectedStream, outputLimit: entry.longestStream, with: identities,
                map: map, progress: progress)
        }
    }

    /// What the file has to be, which must be one.
    private func stored(_ path: FilePath, _ artifact: Artifact) throws -> StoredFileExpectation {
        guard let sha256 = SHA256Digest(hex: artifact.sha256) else {
            throw ReceivingError.hashUnreadable(artifact.name)
        }
        guard pathExists(path) else {
            throw ReceivingError.artifactMissing(path, artifact.label)
        }
        guard try attempt("look at", path, { try path.stat().type }) == .regular else {
            throw ReceivingError.artifactNotAFile(path, artifact.label)
        }
        return StoredFileExpectation(bytes: UInt64(artifact.bytes), sha256: sha256)
    }

    private static func named<Value: Sendable>(
        _ path: FilePath, _ open: () async throws(OpenError) -> Value
    ) async throws -> Value {
        do {
            return try await open()
        } catch {
            switch error {
            case .otherContent, .otherLength:
                throw ReceivingError.otherArtifact(path, "\(error)", hint: error.hint)
            default:
                throw error
            }
        }
    }

    /// The hashes of the artifact's frames: from its catalogue where that says what was sealed, else from the artifact.
    package func frames(_ path: FilePath, _ entry: BackupState.Entry, _ server: ServerTree) async throws -> FrameHashes
    {
        if let hashes = cataloguedFrames(entry, server) { return hashes }
        // One of no frames is none that we sealed: nobody has signed what its frames are.
        guard entry.stream?.frames != nil else { return FrameHashes([]) }
        server.reporter.warn("the catalogue of \(entry.artifact.label) cannot be used: its artifact is read twice")
        let nothing = try OpenFile("/dev/null", .writeOnly)
        let opened = try await open(path, entry, into: .descriptor(nothing.descriptor), hashesFrames: true)
        try nothing.close()
        return opened.frames ?? FrameHashes([])
    }

    private func cataloguedFrames(_ entry: BackupState.Entry, _ server: ServerTree) -> FrameHashes? {
        guard let frames = entry.stream?.frames,
            let table = try? entry.catalogueFile(server.root, with: identities)?.frames()
        else { return nil }
        let hashes = table.hashes
        return hashes.sha256.hex == frames.sha256 ? hashes : nil
    }
}

extension BackupState.Entry {
    /// The snapshot that its stream has to be of, as far as that was recorded.
    fileprivate var expectedStream: StreamExpectation {
        var expected = StreamExpectation(name: artifact.label.description)
        if let stream {
            expected.uuid = SubvolumeUUID(stream.uuid)
            expected.parent = stream.parentUUID.flatMap { SubvolumeUUID($0) }.map { .uuid($0) } ?? .none
        }
        return expected
    }

    /// Bytes.
    fileprivate var longestStream: UInt64 { stream.map { UInt64($0.bytes) } ?? .max }

    /// The artifact's catalogue on a server; nil where there is none that was recorded twice alike.
    package func catalogueFile(_ repository: FilePath, with identities: [AgeIdentity]) -> CatalogueFile? {
        catalogue.flatMap { catalogueFile(at: repository.appending($0.localPath), with: identities) }
    }

    /// The same, as a file that stands elsewhere.
    package func catalogueFile(at path: FilePath, with identities: [AgeIdentity]) -> CatalogueFile? {
        guard let stored = catalogue, let text = catalogueText, stored.sha256 == text.sha256,
            let sha256 = SHA256Digest(hex: text.sha256)
        else { return nil }
        return CatalogueFile(
            path, bytes: text.bytes, sha256: sha256, plainBytes: text.plainBytes, with: identities)
    }
}

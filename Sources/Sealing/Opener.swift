package import Age
package import Catalogue
package import Digest
internal import DurableFiles
package import SystemPackage
internal import Threads

/// Which layers are undone.
package enum OpenedLayers: Sendable, Equatable {
    /// age and zstd; what comes out is checked to be `StreamContent`.
    case all(StreamContent)
    /// age alone, of any age file.
    case ageOnly
}

/// Where the opened stream goes.
package enum StreamSink: Sendable {
    /// A file that appears under its name when it is complete, and replaces one that is there. A name that stands
    /// for something else than a file (a device, a pipe) is written to as it is.
    case file(FilePath, permissions: FilePermissions = .ownerReadWrite)
    /// An open file or pipe; it stays open.
    case descriptor(FileDescriptor)
    /// The standard input of a command, started without a shell, whose failure is ours.
    case command([String])
}

/// What is known of a stored file beforehand.
package struct StoredFileExpectation: Sendable, Equatable {
    package let bytes: UInt64
    package let sha256: SHA256Digest

    package init(bytes: UInt64, sha256: SHA256Digest) {
        self.bytes = bytes
        self.sha256 = sha256
    }
}

/// What came out.
package struct OpenedStream: Sendable {
    /// Length of the stored file.
    package let storedBytes: UInt64
    /// Length of what was written.
    package let outputBytes: UInt64
    /// What the stream's framing says; nil where the content was not looked at.
    package let stream: SendStreamSummary?
    /// Where they were asked for.
    package let frames: FrameHashes?
}

/// The way back from an artifact: file → age → zstd → stream.
///
/// Where the caller knows the file's hash, the whole file is hashed before anything is decrypted. The file is
/// opened once, and of it only what is as it was when it was hashed is decrypted.
package struct Opener: Sendable {
    package let identities: [AgeIdentity]
    /// In place of the identities, for a file that a passphrase opens.
    package let passphrase: AgePassphrase?
    package let layers: OpenedLayers
    package let expectation: StoredFileExpectation?
    /// Most bytes that may come out.
    package let outputLimit: UInt64
    /// Whether what comes out is hashed, frame by frame.
    package let hashesFrames: Bool
    /// Named in place of the parent in what comes out.
    package let substitute: ParentSubstitute?
    /// Told how many stored bytes were decrypted, block by block, on a thread of the pipeline.
    package let progress: (@Sendable (UInt64) -> Void)?

    package init(
        with identities: [AgeIdentity], passphrase: AgePassphrase? = nil, layers: OpenedLayers,
        expecting expectation: StoredFileExpectation? = nil, outputLimit: UInt64 = .max, hashesFrames: Bool = false,
        substitute: ParentSubstitute? = nil, progress: (@Sendable (UInt64) -> Void)? = nil
    ) {
        self.identities = identities
        self.passphrase = passphrase
        self.layers = layers
        self.expectation = expectation
        self.outputLimit = outputLimit
        self.hashesFrames = hashesFrames
        self.substitute = substitute
        self.progress = progress
    }

    package func open(_ path: FilePath, into sink: StreamSink) async throws(OpenError) -> OpenedStream {
        do {
            let file = try OpenFile(regular: path, .readOnly, followsLinks: true)
            let hashed = expectation.map { _ in HashedBlocks() }
            let pipeline = OpenPipeline(
                file: file.descriptor, path: path, identities: identities, passphrase: passphrase, layers: layers,
                hashed: hashed, outputLimit: outputLimit, hashesFrames: hashesFrames, substitute: substitute,
                progress: progress)
            let outcome = try await withTaskCancellationHandler {
                if let expectation, let hashed {
                    try await Self.check(file.descriptor, path, expectation, remembering: hashed)
                }
                return try await run(pipeline, into: sink)
            } onCancel: {
                pipeline.cancel()
            }
            return OpenedStream(
                storedBytes: outcome.storedBytes, outputBytes: outcome.outputBytes, stream: outcome.stream,
                frames: outcome.frames)
        } catch {
            throw OpenError(error)
        }
    }

    /// The first pass.
    private static func check(
        _ file: FileDescriptor, _ path: FilePath, _ expectation: StoredFileExpectation, remembering hashed: HashedBlocks
    ) async throws {
        let size = try attempt("look at", path) { try file.stat().size }
        guard size == expectation.bytes else {
            throw OpenError.otherLength(expected: expectation.bytes, found: UInt64(clamping: size))
        }
        let (_, sha256) = try await onOwnThread { Result { try hash(file, path, remembering: hashed) } }.get()
        try Task.checkCancellation()
        guard sha256 == expectation.sha256 else {
            throw OpenError.otherContent(expected: expectation.sha256, found: sha256)
        }
    }

    private func run(_ pipeline: OpenPipeline, into sink: StreamSink) async throws -> OpenPipeline.Outcome {
        switch sink {
        case .descriptor(let descriptor):
            enlargePipe(descriptor)
            return try await pipeline.run(into: descriptor, "the output").get()
        case .file(let path, let permissions):
            if let kind = try? path.stat().type, kind != .regular {
                let file = try OpenFile(path, .writeOnly)
                return try await pipeline.run(into: file.descriptor, path).get()
            }
            return try await run(pipeline, intoFile: path, permissions)
        case .command(let command):
            return try await run(pipeline, into: ChildProcess(command: command))
        }
    }

    private func run(
        _ pipeline: OpenPipeline, intoFile path: FilePath, _ permissions: FilePermissions
    ) async throws -> OpenPipeline.Outcome {
        let file: TemporaryFile
        do {
            file = try TemporaryFile(for: path, .opening)
        } catch is TemporaryFile.BusyError {
            throw OpenError.inProgress(path.string)
        }
        let descriptor = file.file.descriptor
        let temporary = file.path
        do {
            let outcome = try await pipeline.run(into: descriptor, temporary).get()
            try Task.checkCancellation()
            try await onOwnThread {
                Result { try TemporaryFile.makeDurable(descriptor, temporary, permissions: permissions) }
            }.get()
            try file.publish(replacing: true)
            return outcome
        } catch {
            file.remove()
            throw error
        }
    }

    private func run(_ pipeline: OpenPipeline, into child: ChildProcess) async throws -> OpenPipeline.Outcome {
        do {
            let (result, status) = try await child.consume { input in
                await pipeline.run(into: input, FilePath("the input of \(child.text)"))
            }
            // A child that fails stops reading: then its own status says more than our broken pipe.
            if case .failure(.file(let failure)) = result, failure.errno == .brokenPipe, !status.isSuccess {
                throw OpenError.consumerFailed(command: child.text, status)
            }
            let outcome = try result.get()
            if !status.isSuccess { throw OpenError.consumerFailed(command: child.text, status) }
            return outcome
        } catch let error as ChildNotStartedError {
            throw OpenError.consumerNotStarted(command: child.text, reason: error.reason)
        }
    }
}

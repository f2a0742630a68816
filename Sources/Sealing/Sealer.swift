package import Age
package import Digest
internal import DurableFiles
package import SystemPackage
internal import Threads

/// Where a stream to be sealed comes from.
package enum StreamSource: Sendable {
    /// A command, started without a shell; its standard output is the stream and its failure refuses it.
    case command([String])
    /// An open file or pipe, read to its end; it stays open.
    case descriptor(FileDescriptor)
}

/// Makes one artifact: stream → zstd → age → file.
///
///     let sealed = try await sealer.seal(.command(["btrfs", "send", snapshot]), as: directory.appending(name))
///     // record the event, durably
///     try sealed.finish()
///
/// Stock tools undo it: `age -d -i KEY FILE | zstd -d | btrfs receive DIR`.
package struct Sealer: Sendable {
    /// Nobody writes to an artifact once it is made.
    package static let permissions: FilePermissions = [.ownerRead, .groupRead]

    package let recipients: [AgeRecipient]
    package let content: StreamContent
    private let map: StreamMapSink?

    /// - Parameters:
    ///   - content: what the stream must be; `.anyContent` is for streams that are not `btrfs send`'s.
    ///   - map: takes the text of the stream's map, on the thread that seals; nothing comes of `.anyContent`. What it
    ///     throws ends the sealing: a `FileFailure` as such.
    package init(to recipients: [AgeRecipient], content: StreamContent, map: StreamMapSink? = nil) {
        self.recipients = recipients
        self.content = content
        self.map = map
    }

    /// Seals the whole of `source` for the name `path`, which must be free. On any error nothing is left.
    package func seal(_ source: StreamSource, as path: FilePath) async throws(SealError) -> SealedFile {
        if recipients.isEmpty { throw .noRecipient }
        if pathExists(path) { throw .alreadyThere(path) }
        let file: TemporaryFile
        do {
            file = try TemporaryFile(for: path, .sealing)
        } catch {
            throw SealError(error, at: path)
        }
        do {
            let (outcome, status) = try await fill(file.file.descriptor, file.path, from: source)
            return SealedFile(file, outcome, producer: status)
        } catch {
            file.remove()
            throw error
        }
    }

    private func fill(
        _ target: FileDescriptor, _ path: FilePath, from source: StreamSource
    ) async throws(SealError) -> (SealPipeline.Outcome, ChildStatus?) {
        let pipeline = SealPipeline(content: content, recipients: recipients, map: map)
        do {
            let stop = try StopSignal()
            let run: @Sendable (FileDescriptor) -> Result<SealPipeline.Outcome, SealError> = { source in
                Result { try pipeline.run(from: source, stop: stop, into: target, path) }
                    .mapError { SealError($0, at: path) }
            }
            let (outcome, status) = try await withTaskCancellationHandler {
                try await Self.result(of: source, run)
            } onCancel: {
                stop.stop()
            }
            try Task.checkCancellation()
            let durable = await onOwnThread {
                Result { () throws(FileFailure) in
                    try TemporaryFile.makeDurable(target, path, permissions: Self.permissions)
                }
            }
            try durable.get()
            return (outcome, status)
        } catch {
            throw SealError(error, at: path)
        }
    }

    /// A producer's failure explains a stream that stopped, not the other way round. One that was no longer
    /// listened to fails as a matter of course: there the stream's own error counts.
    private static func result(
        of source: StreamSource, _ run: @escaping @Sendable (FileDescriptor) -> Result<SealPipeline.Outcome, SealError>
    ) async throws -> (SealPipeline.Outcome, ChildStatus?) {
        switch source {
        case .descriptor(let descriptor):
            return (try await onOwnThread { run(descriptor) }.get(), nil)
        case .command(let command):
            let child = ChildProcess(command: command)
            do {
                let (result, status) = try await child.produce { input in await onOwnThread { run(input) } }
                if !status.isSuccess {
                    switch result {
                    case .success: throw SealError.producerFailed(command: child.text, status)
                    case .failure(let error) where error.isCutStream:
                        throw SealError.producerFailed(command: child.text, status)
                    case .failure: break
                    }
                }
                return (try result.get(), status)
            } catch let error as ChildNotStartedError {
                throw SealError.producerNotStarted(command: child.text, reason: error.reason)
            }
        }
    }
}

extension Sealer {
    /// Takes up what a crash left between recording an artifact and naming it: where the temporary file is the one
    /// that was recorded, it gets its name. False where there is no temporary file.
    package static func finishLeftover(
        as path: FilePath, bytes: UInt64, sha256: SHA256Digest
    ) async throws(SealError) -> Bool {
        do {
            guard let file = try TemporaryFile(leftoverFor: path, .sealing) else { return false }
            let descriptor = file.file.descriptor
            let temporary = file.path
            let (foundBytes, found) = try await onOwnThread {
                Result { try hash(descriptor, temporary) }
            }.get()
            guard foundBytes == bytes, found == sha256 else { throw SealError.leftoverDiffers(temporary) }
            try TemporaryFile.makeDurable(descriptor, temporary, permissions: Self.permissions)
            try SealedFile.publish(file)
            return true
        } catch {
            throw SealError(error, at: path)
        }
    }

    /// Clears away what a crash left before anything was recorded. False where there was nothing.
    package static func removeLeftover(of path: FilePath) throws(SealError) -> Bool {
        do {
            guard let file = try TemporaryFile(leftoverFor: path, .sealing) else { return false }
            file.remove()
            return true
        } catch {
            throw SealError(error, at: path)
        }
    }
}

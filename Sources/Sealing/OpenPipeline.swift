internal import Age
internal import Catalogue
internal import DurableFiles
internal import SystemPackage
internal import Threads

/// From a stored file to its stream, on threads that hand blocks on:
/// read and decrypt → decompress, frames of `ZstdFrames` several at once → inspect and write.
///
/// The last block is written only when all before it have found nothing wrong: every chunk authenticated, every block
/// of the file as it was when it was hashed, the end of the last zstd frame, the framing of the stream up to END. So a
/// reader of the output never gets a complete stream that is not the right one.
///
/// Where age alone is undone, what was authenticated before a fault comes out, as it does of stock age: of a damaged
/// file that is what can still be had.
struct OpenPipeline: Sendable {
    typealias Channel = BlockChannel<OpenError>

    struct Outcome: Sendable {
        let storedBytes: UInt64
        let outputBytes: UInt64
        let stream: SendStreamSummary?
        let frames: FrameHashes?
    }

    static let blockSize = 1 << 18

    let file: FileDescriptor
    let path: FilePath
    let identities: [AgeIdentity]
    let passphrase: AgePassphrase?
    let layers: OpenedLayers
    /// What the file was when it was hashed.
    let hashed: HashedBlocks?
    let outputLimit: UInt64
    /// Whether the frames of what comes out are hashed.
    let hashesFrames: Bool
    /// The parent's name in what is written.
    let substitute: ParentSubstitute?
    let progress: (@Sendable (UInt64) -> Void)?

    // Room for as many as let a stage continue while another is not run for a moment.
    private let decrypted = Channel(capacity: 16)
    private let decompressed = Channel(capacity: 4)

    init(
        file: FileDescriptor, path: FilePath, identities: [AgeIdentity], passphrase: AgePassphrase? = nil,
        layers: OpenedLayers,
        hashed: HashedBlocks?, outputLimit: UInt64, hashesFrames: Bool = false, substitute: ParentSubstitute? = nil,
        progress: (@Sendable (UInt64) -> Void)? = nil
    ) {
        self.file = file
        self.path = path
        self.identities = identities
        self.passphrase = passphrase
        self.layers = layers
        self.hashed = hashed
        self.outputLimit = outputLimit
        self.hashesFrames = hashesFrames
        self.substitute = substitute
        self.progress = progress
    }

    /// Stops the work from another thread.
    func cancel() {
        decrypted.fail(.cancelled)
        decompressed.fail(.cancelled)
    }

    /// Writes the stream to `target`; ends when all threads have.
    func run(into target: FileDescriptor, _ targetPath: FilePath) async -> Result<Outcome, OpenError> {
        async let stored = onOwnThread { decrypt() }
        async let _ = onOwnThread {
            if case .all = layers { DecompressStage(decrypted, decompressed, outputLimit: outputLimit).run() }
        }
        let written = await onOwnThread { write(to: target, targetPath) }
        let storedBytes = await stored
        return written.map { written in
            Outcome(
                storedBytes: storedBytes, outputBytes: written.bytes, stream: written.stream, frames: written.frames)
        }
    }

    // MARK: The stages; each gives its failure to the next one, and the last to the caller.

    private func decrypt() -> UInt64 {
        do {
            let bytes = try decryptAll()
            decrypted.finish()
            return bytes
        } catch is Channel.AbandonedError {
            return 0
        } catch {
            if case .ageOnly = layers {
                decrypted.finish(OpenError(error))
            } else {
                decrypted.fail(OpenError(error))
            }
            return 0
        }
    }

    private func decryptor() -> AgeDecryptor {
        if let passphrase { return AgeDecryptor(passphrase: passphrase.bytes) }
        return AgeDecryptor(identities: identities)
    }

    private func decryptAll() throws -> UInt64 {
        var decryptor = decryptor()
        var storedBytes: UInt64 = 0
        var blocks = BlockWriter(decrypted)
        var buffer = [UInt8](repeating: 0, count: HashedBlocks.size)
        while true {
            let count = try readFull(file, path, &buffer)
            if count == 0 { break }
            let stored = buffer.span.extracting(0..<count)
            storedBytes += UInt64(count)
            if let hashed, !hashed.recognize(stored) { throw OpenError.changedMeanwhile }
            do { try decryptor.update(stored) { try blocks.write($0) } } catch { try giveUp(&blocks, error) }
            progress?(storedBytes)
        }
        do { try decryptor.finish { try blocks.write($0) } } catch { try giveUp(&blocks, error) }
        if let hashed, !hashed.areAllRecognized { throw OpenError.changedMeanwhile }
        try blocks.flush()
        return storedBytes
    }

    /// Throws the error; before that, where age alone is undone, hands on what was authenticated.
    private func giveUp(_ blocks: inout BlockWriter, _ error: any Error) throws -> Never {
        if error is AgeError, case .ageOnly = layers { try blocks.flush() }
        throw error
    }

    private func write(
        to target: FileDescriptor, _ targetPath: FilePath
    ) -> Result<(bytes: UInt64, stream: SendStreamSummary?, frames: FrameHashes?), OpenError> {
        let (source, content): (Channel, StreamContent) =
            switch layers {
            case .all(let content): (decompressed, content)
            case .ageOnly: (decrypted, .anyContent)
            }
        do {
            var check = try StreamCheck(content)
            var frames = FrameHashing()
            var output = StreamOutput(target, targetPath, substitute)
            var bytes: UInt64 = 0
            var held: Block?
            while var block = try source.receive() {
                try check.update(block.bytes.span.extracting(0..<block.count))
                if hashesFrames { frames.update(block.bytes.span.extracting(0..<block.count)) }
                bytes += UInt64(block.count)
                if bytes > outputLimit { throw OpenError.outputTooLarge(limit: outputLimit) }
                if case .ageOnly = layers {
                    try output.write(block.bytes.span.extracting(0..<block.count))
                    source.giveBack(&block)
                    continue
                }
                if var before = held.take() {
                    try output.write(before.bytes.span.extracting(0..<before.count))
                    source.giveBack(&before)
                }
                held = block
            }
            let stream = try check.finish()
            if let held { try output.write(held.bytes.span.extracting(0..<held.count)) }
            return .success((bytes, stream, hashesFrames ? frames.finish() : nil))
        } catch {
            source.abandon()
            return .failure(OpenError(error))
        }
    }
}

/// Gathers pieces into blocks for a channel.
private struct BlockWriter: ~Copyable {
    private let channel: OpenPipeline.Channel
    private var block: Block

    init(_ channel: OpenPipeline.Channel) {
        self.channel = channel
        block = Block(bytes: channel.emptyBuffer(of: OpenPipeline.blockSize))
    }

    mutating func write(_ piece: Span<UInt8>) throws(OpenPipeline.Channel.AbandonedError) {
        var start = 0
        while start < piece.count {
            let part = min(piece.count - start, block.bytes.count - block.count)
            block.append(piece.extracting(start..<start + part))
            start += part
            if block.count == block.bytes.count { try flush() }
        }
    }

    mutating func flush() throws(OpenPipeline.Channel.AbandonedError) {
        if block.count == 0 { return }
        var full = Block(bytes: channel.emptyBuffer(of: OpenPipeline.blockSize))
        swap(&full, &block)
        try channel.send(full)
    }
}

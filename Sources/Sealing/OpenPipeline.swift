internal import Age
internal import Digest
internal import DurableFiles
internal import SystemPackage
internal import Threads
internal import Zstd

/// From a stored file to its stream, on three threads that hand blocks on:
/// read, hash and decrypt → decompress → inspect and write.
///
/// The last block is written only when all before it have found nothing wrong: every chunk authenticated,
/// the hash of what was read, the end of the zstd frame, the framing of the stream up to END. So whoever reads
/// the output never gets a complete stream that is not the right one.
///
/// Where age alone is undone, what was authenticated before a fault comes out, as it does of stock age: of a damaged
/// file that is what can still be had.
struct OpenPipeline: Sendable {
    typealias Channel = BlockChannel<OpenError>

    struct Outcome: Sendable {
        let storedBytes: UInt64
        let outputBytes: UInt64
        let stream: SendStreamSummary?
    }

    private static let blockSize = 1 << 18
    /// As many as let a stage go on while another is not run for a moment.
    private static let blocksInFlight = 16

    let file: FileDescriptor
    let path: FilePath
    let identities: [AgeIdentity]
    let passphrase: AgePassphrase?
    let layers: OpenedLayers
    let expectedHash: SHA256Digest?
    let outputLimit: UInt64
    let progress: (@Sendable (UInt64) -> Void)?

    private let decrypted = Channel(capacity: blocksInFlight, blockSize: blockSize)
    private let decompressed = Channel(capacity: blocksInFlight, blockSize: blockSize)

    init(
        file: FileDescriptor, path: FilePath, identities: [AgeIdentity], passphrase: AgePassphrase? = nil,
        layers: OpenedLayers,
        expectedHash: SHA256Digest?, outputLimit: UInt64, progress: (@Sendable (UInt64) -> Void)? = nil
    ) {
        self.file = file
        self.path = path
        self.identities = identities
        self.passphrase = passphrase
        self.layers = layers
        self.expectedHash = expectedHash
        self.outputLimit = outputLimit
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
        async let _ = onOwnThread { decompress() }
        let written = await onOwnThread { write(to: target, targetPath) }
        let storedBytes = await stored
        return written.map { written in
            Outcome(storedBytes: storedBytes, outputBytes: written.bytes, stream: written.stream)
        }
    }

    // MARK: The stages; each gives its failure to the next one, and the last to the caller.

    private func decrypt() -> UInt64 {
        do {
            let bytes = try decryptAll()
            decrypted.finish()
            return bytes
        } catch is Channel.Abandoned {
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
        var digest = SHA256()
        var storedBytes: UInt64 = 0
        var blocks = BlockWriter(decrypted)
        var buffer = [UInt8](repeating: 0, count: Self.blockSize)
        while true {
            let count = try attempt("read", path) {
                try unsafe buffer.withUnsafeMutableBytes { try unsafe file.read(into: $0) }
            }
            if count == 0 { break }
            let stored = buffer.span.extracting(0..<count)
            storedBytes += UInt64(count)
            if expectedHash != nil { digest.update(stored) }
            do { try decryptor.update(stored) { try blocks.write($0) } } catch { try giveUp(&blocks, error) }
            progress?(storedBytes)
        }
        do { try decryptor.finish { try blocks.write($0) } } catch { try giveUp(&blocks, error) }
        if let expectedHash, digest.finish() != expectedHash { throw OpenError.changedMeanwhile }
        try blocks.flush()
        return storedBytes
    }

    /// Throws the error; before that, where age alone is undone, hands on what was authenticated.
    private func giveUp(_ blocks: inout BlockWriter, _ error: any Error) throws -> Never {
        if error is AgeError, case .ageOnly = layers { try blocks.flush() }
        throw error
    }

    private func decompress() {
        guard case .all = layers else { return }
        do {
            var decompressor = try ZstdDecompressor(outputLimit: outputLimit, blockSize: Self.blockSize)
            while let block = try decrypted.receive() {
                try decompressor.update(block.bytes.span.extracting(0..<block.count)) {
                    (full: inout [UInt8], count: Int) in
                    var other = decompressed.emptyBuffer()
                    swap(&full, &other)
                    try decompressed.send(Block(bytes: other, count: count))
                }
                decrypted.giveBack(block.bytes)
            }
            try decompressor.finish()
            decompressed.finish()
        } catch is Channel.Abandoned {
            decrypted.abandon()
        } catch {
            decrypted.abandon()
            decompressed.fail(OpenError(error))
        }
    }

    private func write(
        to target: FileDescriptor, _ targetPath: FilePath
    ) -> Result<(bytes: UInt64, stream: SendStreamSummary?), OpenError> {
        let (source, content): (Channel, StreamContent) =
            switch layers {
            case .all(let content): (decompressed, content)
            case .ageOnly: (decrypted, .anyContent)
            }
        do {
            var check = StreamCheck(content)
            var bytes: UInt64 = 0
            var held: Block?
            while let block = try source.receive() {
                try check.update(block.bytes.span.extracting(0..<block.count))
                bytes += UInt64(block.count)
                if bytes > outputLimit { throw OpenError.outputTooLarge(limit: outputLimit) }
                if case .ageOnly = layers {
                    try writeAll(block.bytes.span.extracting(0..<block.count), to: target, targetPath)
                    source.giveBack(block.bytes)
                    continue
                }
                if let held {
                    try writeAll(held.bytes.span.extracting(0..<held.count), to: target, targetPath)
                    source.giveBack(held.bytes)
                }
                held = block
            }
            let stream = try check.finish()
            if let held { try writeAll(held.bytes.span.extracting(0..<held.count), to: target, targetPath) }
            return .success((bytes, stream))
        } catch {
            source.abandon()
            return .failure(OpenError(error))
        }
    }
}

/// Gathers pieces into blocks for a channel.
private struct BlockWriter: ~Copyable {
    private let channel: OpenPipeline.Channel
    private var buffer: [UInt8]
    private var count = 0

    init(_ channel: OpenPipeline.Channel) {
        self.channel = channel
        self.buffer = channel.emptyBuffer()
    }

    mutating func write(_ piece: Span<UInt8>) throws(OpenPipeline.Channel.Abandoned) {
        var start = 0
        while start < piece.count {
            let part = min(piece.count - start, buffer.count - count)
            copy(piece.extracting(start..<start + part))
            start += part
            if count == buffer.count { try flush() }
        }
    }

    mutating func flush() throws(OpenPipeline.Channel.Abandoned) {
        if count == 0 { return }
        var full = channel.emptyBuffer()
        swap(&full, &buffer)
        try channel.send(Block(bytes: full, count: count))
        count = 0
    }

    private mutating func copy(_ part: Span<UInt8>) {
        let start = count
        unsafe part.withUnsafeBytes { part in
            unsafe buffer.withUnsafeMutableBytes { buffer in
                let target = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[start..<start + part.count])
                unsafe target.copyMemory(from: part)
            }
        }
        count += part.count
    }
}

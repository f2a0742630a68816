internal import Age
internal import CLinux
internal import Digest
internal import DurableFiles
internal import SystemPackage
internal import Zstd

/// One pass from a stream to a sealed file: inspect, compress, encrypt, hash, write.
///
/// It runs on one thread; the compressor's workers run beside it. Memory is a block for each stage
/// and the compressor's window, whatever the length of the stream.
struct SealPipeline: Sendable {
    struct Outcome: Sendable {
        let bytes: UInt64
        let sha256: SHA256Digest
        let streamBytes: UInt64
        let stream: SendStreamSummary?
    }

    static let blockSize = 1 << 20

    let content: StreamContent
    let compression: ZstdSettings
    let recipients: [AgeRecipient]

    /// Reads `source` to its end. Errors are those of the stages, `FileFailure` and `CancellationError`.
    func run(from source: FileDescriptor, stop: StopSignal, into target: FileDescriptor, _ path: FilePath) throws
        -> Outcome
    {
        var check = StreamCheck(content)
        var compressor = try ZstdCompressor(compression)
        var encryptor = AgeEncryptor(recipients: recipients)
        var output = HashedOutput(target, path)
        try output.write(encryptor.start().span)

        var buffer = [UInt8](repeating: 0, count: Self.blockSize)
        var streamBytes: UInt64 = 0
        while true {
            guard stop.allowsReading(source) else { throw CancellationError() }
            let count = try attempt("read", "the stream") {
                try unsafe buffer.withUnsafeMutableBytes { try unsafe source.read(into: $0) }
            }
            if count == 0 { break }
            streamBytes += UInt64(count)
            let block = buffer.span.extracting(0..<count)
            try check.update(block)
            try compressor.update(block) { compressed in
                try encryptor.update(compressed) { (sealed) throws(FileFailure) in try output.write(sealed) }
            }
        }
        let stream = try check.finish()
        try compressor.finish { compressed in
            try encryptor.update(compressed) { (sealed) throws(FileFailure) in try output.write(sealed) }
        }
        try encryptor.finish { (sealed) throws(FileFailure) in try output.write(sealed) }
        let (bytes, sha256) = output.finish()
        return Outcome(bytes: bytes, sha256: sha256, streamBytes: streamBytes, stream: stream)
    }
}

/// Writes to a file and hashes what it writes.
private struct HashedOutput: ~Copyable {
    /// Bytes after which the disk is asked to begin (`sync_file_range(2)`), so that the sync at the end has little to
    /// wait for. It promises nothing and may fail: durable is what that sync says.
    private static let writeBehind: UInt64 = 8 << 20

    private let target: FileDescriptor
    private let path: FilePath
    private var digest = SHA256()
    private var bytes: UInt64 = 0
    private var begun: UInt64 = 0

    init(_ target: FileDescriptor, _ path: FilePath) {
        self.target = target
        self.path = path
    }

    mutating func write(_ piece: Span<UInt8>) throws(FileFailure) {
        digest.update(piece)
        bytes += UInt64(piece.count)
        try writeAll(piece, to: target, path)
        if bytes - begun >= Self.writeBehind {
            _ = clinux_begin_writing(target.rawValue, Int64(begun), Int64(bytes - begun))
            begun = bytes
        }
    }

    consuming func finish() -> (UInt64, SHA256Digest) {
        (bytes, digest.finish())
    }
}

func writeAll(_ piece: Span<UInt8>, to target: FileDescriptor, _ path: FilePath) throws(FileFailure) {
    try attempt("write", path) {
        _ = try unsafe piece.withUnsafeBytes { try unsafe target.writeAll($0) }
    }
}

internal import Age
internal import CLinux
internal import Catalogue
internal import Digest
internal import DurableFiles
internal import SystemPackage
internal import Zstd

/// One pass from a stream to a sealed file: inspect, compress, encrypt, hash, write.
///
/// It runs on one thread; those that compress, a frame of `ZstdFrames` at a time, run at the same time. Memory is a few
/// frames for each of them, whatever the length of the stream.
struct SealPipeline: Sendable {
    struct Outcome: Sendable {
        let bytes: UInt64
        let sha256: SHA256Digest
        let streamBytes: UInt64
        let stream: SendStreamSummary?
        let frames: FrameTable
    }

    /// Bytes read at a time.
    private static let blockSize = 1 << 20
    /// Of compressing: stock zstd's own level, and threads besides the calling one. With tables of 32,768 entries it
    /// takes a fifth less time, which is what hashing the frames takes, and artifacts are 1.3% larger.
    private static let level = 3
    private static let tableLog = 15
    private static let threads = 2

    let content: StreamContent
    let recipients: [AgeRecipient]
    let map: StreamMapSink?

    /// Reads `source` to its end. Errors are those of the stages, of the map's sink, `FileFailure` and
    /// `CancellationError`.
    func run(from source: FileDescriptor, stop: StopSignal, into target: FileDescriptor, _ path: FilePath) throws
        -> Outcome
    {
        var check = try StreamCheck(content, map: map)
        var sealed = SealedOutput(AgeEncryptor(recipients: recipients), HashedOutput(target, path))
        try sealed.start()

        var frames = compressors()
        var table = FrameTable()
        var streamBytes: UInt64 = 0
        var isComplete = false
        while !isComplete {
            var content = frames.emptyBuffer(of: ZstdFrames.contentSize)
            var filled = 0
            while filled < content.count {
                guard stop.allowsReading(source) else { throw CancellationError() }
                let place = filled..<min(filled + Self.blockSize, content.count)
                let count = try readOnce(source, "the stream", &content, place)
                isComplete = count == 0
                if isComplete { break }
                try check.update(content.span.extracting(filled..<filled + count))
                filled += count
            }
            // Only a stream of nothing has an empty frame.
            if filled == 0 && streamBytes > 0 { break }
            streamBytes += UInt64(filled)
            if frames.isFull { _ = try takeFrame(&frames, &sealed, &table) }
            frames.give(Block(bytes: consume content, count: filled))
        }
        let stream = try check.finish()
        while try takeFrame(&frames, &sealed, &table) {}
        let (bytes, sha256) = try sealed.finish()
        return Outcome(
            bytes: bytes, sha256: sha256, streamBytes: streamBytes, stream: stream, frames: table)
    }

    private func compressors() -> BlockLanes<any Error> {
        BlockLanes(count: Self.threads, depth: 2) { input, output in
            do {
                var compressor = try ZstdFrameCompressor(level: Self.level, tableLog: Self.tableLog)
                var digest = SHA256()
                while var content = try input.receive() {
                    var frame = output.emptyBuffer(of: ZstdFrames.longest)
                    digest.update(content.bytes.span.extracting(0..<content.count))
                    let length = try compressor.compress(content.bytes.span.extracting(0..<content.count), into: &frame)
                    input.giveBack(&content)
                    try output.send(Block(bytes: consume frame, count: length, content: digest.finish()))
                }
            } catch {
                output.fail(error)
            }
        }
    }

    /// - Returns: false where there is none.
    private func takeFrame(
        _ frames: inout BlockLanes<any Error>, _ sealed: inout SealedOutput, _ table: inout FrameTable
    ) throws -> Bool {
        guard var frame = try frames.take(), let content = frame.content else { return false }
        table.frames.append(FrameTable.Frame(sha256: content, length: frame.count))
        try sealed.write(frame.bytes.span.extracting(0..<frame.count))
        frames.giveBack(&frame)
        return true
    }
}

func writeAll(_ piece: Span<UInt8>, to target: FileDescriptor, _ path: FilePath) throws(FileFailure) {
    try attempt("write", path) {
        _ = try unsafe piece.withUnsafeBytes { try unsafe target.writeAll($0) }
    }
}

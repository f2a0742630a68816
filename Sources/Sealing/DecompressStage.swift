internal import Zstd

/// The stage of `OpenPipeline` that undoes zstd: frames of `ZstdFrames`, several at once; or one frame of any length, as
/// stock zstd makes it of a pipe, which no two processors can undo.
struct DecompressStage: Sendable {
    typealias Channel = OpenPipeline.Channel

    /// A stream is handed on in blocks of so many bytes, and frames in blocks of a frame.
    private static let blockSize = 1 << 20
    /// To hash and decrypt takes about a third of the time that decompressing takes.
    private static let threads = 3

    private let decrypted: Channel
    private let decompressed: Channel
    private let outputLimit: UInt64

    init(_ decrypted: Channel, _ decompressed: Channel, outputLimit: UInt64) {
        self.decrypted = decrypted
        self.decompressed = decompressed
        self.outputLimit = outputLimit
    }

    /// Ends when all is handed on, or a failure is.
    func run() {
        do {
            guard let first = try decrypted.receive() else { throw ZstdError.empty }
            if ZstdFrames.begin(first.bytes.span.extracting(0..<first.count)) {
                try undoFrames(first)
            } else {
                try undoStream(first)
            }
            decompressed.finish()
        } catch is Channel.AbandonedError {
            decrypted.abandon()
        } catch {
            decrypted.abandon()
            decompressed.fail(OpenError(error))
        }
    }

    /// One frame of any length, on this thread.
    private func undoStream(_ first: Block) throws {
        var decompressor = try ZstdDecompressor(outputLimit: outputLimit, blockSize: Self.blockSize)
        var block = first
        repeat {
            try decompressor.update(block.bytes.span.extracting(0..<block.count)) {
                (full: inout [UInt8], count: Int) in
                var other = decompressed.emptyBuffer(of: Self.blockSize)
                swap(&full, &other)
                try decompressed.send(Block(bytes: consume other, count: count))
            }
        } while try receive(&block)
        try decompressor.finish()
    }

    /// Frames, each of them on one of several threads.
    private func undoFrames(_ first: Block) throws {
        let room = ZstdFrames.longest + OpenPipeline.blockSize
        var frames = decompressors()
        var cutter = ZstdFrameCutter()
        var gathered = Block(bytes: frames.emptyBuffer(of: room))
        var block = first
        repeat {
            gathered.append(block.bytes.span.extracting(0..<block.count))
            while let length = try cutter.cut(gathered.bytes.span.extracting(0..<gathered.count)) {
                if frames.isFull, let content = try frames.take() { try decompressed.send(content) }
                var rest = Block(bytes: frames.emptyBuffer(of: room))
                rest.append(gathered.bytes.span.extracting(length..<gathered.count))
                swap(&gathered, &rest)
                rest.count = length
                frames.give(consume rest)
            }
        } while try receive(&block)
        try cutter.finish(gathered.bytes.span.extracting(0..<gathered.count))
        while let content = try frames.take() { try decompressed.send(content) }
    }

    /// Gives `block` back and takes the next one; false if there is none.
    private func receive(_ block: inout Block) throws(OpenError) -> Bool {
        decrypted.giveBack(&block)
        guard let next = try decrypted.receive() else { return false }
        block = next
        return true
    }

    private func decompressors() -> BlockLanes<OpenError> {
        BlockLanes(count: Self.threads, depth: 1) { [decompressed] input, output in
            do {
                var decompressor = try ZstdFrameDecompressor()
                while var frame = try input.receive() {
                    var content = decompressed.emptyBuffer(of: ZstdFrames.contentSize)
                    let count = try decompressor.decompress(
                        frame.bytes.span.extracting(0..<frame.count), into: &content)
                    input.giveBack(&frame)
                    try output.send(Block(bytes: consume content, count: count))
                }
            } catch {
                output.fail(OpenError(error))
            }
        }
    }
}

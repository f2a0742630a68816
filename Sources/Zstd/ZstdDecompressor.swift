internal import CZstd

/// Reads exactly one Zstandard frame (RFC 8878); the owner of a `ZSTD_DCtx`.
///
/// libzstd itself takes concatenated frames, skippable ones, no input at all and a cut frame without a word;
/// all of these are errors here. Windows of up to 2^27 bytes are read, as stock `zstd -d` does.
@safe
package struct ZstdDecompressor: ~Copyable {
    private let context: OpaquePointer
    private let limit: UInt64
    private var output: [UInt8]
    private var seen = 0
    private var produced: UInt64 = 0
    private var isComplete = false

    /// At most `outputLimit` bytes are let out. `blockSize` is how many are emitted at a time, at most.
    package init(outputLimit: UInt64 = .max, blockSize: Int = 1 << 17) throws(ZstdError) {
        guard let context = unsafe ZSTD_createDCtx() else { throw .outOfMemory }
        do {
            let result = unsafe ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, 27)
            _ = try valid(result) { (reason) in .setting("window", reason: reason) }
        } catch {
            _ = unsafe ZSTD_freeDCtx(context)
            throw error
        }
        unsafe self.context = context
        self.limit = outputLimit
        self.output = [UInt8](repeating: 0, count: blockSize)
    }

    /// Takes in all of `input`.
    package mutating func update(_ input: Span<UInt8>, _ emit: (Span<UInt8>) throws -> Void) throws {
        try update(input) { (block: inout [UInt8], count) in
            try emit(block.span.extracting(0..<count))
        }
    }

    /// Takes in all of `input`. `exchange` gets the buffer with what came out in its first bytes, and may leave
    /// another one of the same size in its place: so a block passes to another thread without being copied.
    package mutating func update(_ input: Span<UInt8>, exchange: (inout [UInt8], Int) throws -> Void) throws {
        try checkMagic(input)
        var consumed = 0
        var isOutputFull = false
        while consumed < input.count || isOutputFull {
            if isComplete { throw ZstdError.trailingBytes }
            let (next, count, hint) = try step(input, from: consumed)
            seen += next - consumed
            consumed = next
            isOutputFull = count == output.count
            isComplete = hint == 0
            if count > 0 {
                produced += UInt64(count)
                if produced > limit { throw ZstdError.outputTooLarge(limit: limit) }
                try exchange(&output, count)
            }
            if isComplete { isOutputFull = false }
        }
    }

    /// The frame must be complete here.
    package consuming func finish() throws(ZstdError) {
        if isComplete { return }
        throw seen == 0 ? .empty : .truncated
    }

    /// The first four bytes, in as many pieces as they come: libzstd would skip a skippable frame silently
    /// and read formats older than RFC 8878.
    private func checkMagic(_ input: Span<UInt8>) throws(ZstdError) {
        var place = seen
        var index = 0
        while place < ZstdFrames.magic.count && index < input.count {
            if input[index] != ZstdFrames.magic[place] { throw .notZstandard }
            place += 1
            index += 1
        }
    }

    /// One call of `ZSTD_decompressStream(3)`; a hint of 0 says that the frame is complete and flushed.
    private mutating func step(
        _ input: Span<UInt8>, from start: Int
    ) throws(ZstdError) -> (consumed: Int, produced: Int, hint: Int) {
        var source = unsafe ZSTD_inBuffer(src: nil, size: input.count, pos: start)
        let context = unsafe self.context
        let (result, count) = unsafe input.withUnsafeBytes { input in
            unsafe source.src = input.baseAddress
            return unsafe output.withUnsafeMutableBytes { output in
                var target = unsafe ZSTD_outBuffer(dst: output.baseAddress, size: output.count, pos: 0)
                let result = unsafe ZSTD_decompressStream(context, &target, &source)
                return unsafe (result, target.pos)
            }
        }
        let hint = try valid(result) { .damaged(reason: $0) }
        return (unsafe source.pos, count, hint)
    }

    deinit {
        _ = unsafe ZSTD_freeDCtx(context)
    }
}

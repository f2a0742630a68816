internal import CZstd

/// How hard to compress, and with how much at once.
package struct ZstdSettings: Sendable, Equatable {
    /// 1...22; negative levels are faster still.
    package var level: Int
    /// Threads beside the calling one; 0 compresses in the caller.
    package var workers: Int
    /// Bytes a worker takes at a time; 4 MiB need 65 MB in all and cost 0.4% in size against zstd's own choice.
    package var jobSize: Int

    package init(level: Int = 3, workers: Int = 0, jobSize: Int = 4 << 20) {
        self.level = level
        self.workers = workers
        self.jobSize = jobSize
    }
}

/// Makes one Zstandard frame with a checksum (RFC 8878) from a stream of bytes; the owner of a `ZSTD_CCtx`.
///
/// What comes out is lent to `emit` for the time of the call; an error of `emit` ends the work and passes through.
@safe
package struct ZstdCompressor: ~Copyable {
    /// Several chunks of what comes behind, so that few of them are put together from pieces.
    private static let outputSize = 1 << 19

    private let context: OpaquePointer
    private var output: [UInt8]

    package init(_ settings: ZstdSettings = ZstdSettings()) throws(ZstdError) {
        guard let context = unsafe ZSTD_createCCtx() else { throw .outOfMemory }
        do {
            try unsafe Self.set(context, ZSTD_c_compressionLevel, "level", settings.level)
            try unsafe Self.set(context, ZSTD_c_checksumFlag, "checksum", 1)
            if settings.workers > 0 {
                try unsafe Self.set(context, ZSTD_c_nbWorkers, "workers", settings.workers)
                try unsafe Self.set(context, ZSTD_c_jobSize, "job size", settings.jobSize)
            }
        } catch {
            _ = unsafe ZSTD_freeCCtx(context)
            throw error
        }
        unsafe self.context = context
        self.output = [UInt8](repeating: 0, count: Self.outputSize)
    }

    /// Takes in all of `input`.
    package mutating func update(_ input: Span<UInt8>, _ emit: (Span<UInt8>) throws -> Void) throws {
        var consumed = 0
        while consumed < input.count {
            consumed = try step(input, from: consumed, ZSTD_e_continue, emit).consumed
        }
    }

    /// Ends the frame and emits what is left of it.
    package consuming func finish(_ emit: (Span<UInt8>) throws -> Void) throws {
        let none: [UInt8] = []
        while try step(none.span, from: 0, ZSTD_e_end, emit).remaining != 0 {}
    }

    /// One call of `ZSTD_compressStream2(3)`: how far the input is consumed, and how much is known to be left to flush.
    private mutating func step(
        _ input: Span<UInt8>, from start: Int, _ directive: ZSTD_EndDirective,
        _ emit: (Span<UInt8>) throws -> Void
    ) throws -> (consumed: Int, remaining: Int) {
        var source = unsafe ZSTD_inBuffer(src: nil, size: input.count, pos: start)
        let context = unsafe self.context
        let (result, produced) = unsafe input.withUnsafeBytes { input in
            unsafe source.src = input.baseAddress
            return unsafe output.withUnsafeMutableBytes { output in
                var target = unsafe ZSTD_outBuffer(dst: output.baseAddress, size: output.count, pos: 0)
                let result = unsafe ZSTD_compressStream2(context, &target, &source, directive)
                return unsafe (result, target.pos)
            }
        }
        let remaining = try valid(result) { .failed(reason: $0) }
        if produced > 0 { try emit(output.span.extracting(0..<produced)) }
        return (unsafe source.pos, remaining)
    }

    @unsafe private static func set(
        _ context: OpaquePointer, _ parameter: ZSTD_cParameter, _ name: String, _ value: Int
    ) throws(ZstdError) {
        let result = unsafe ZSTD_CCtx_setParameter(context, parameter, Int32(clamping: value))
        _ = try valid(result) { .setting("\(name) \(value)", reason: $0) }
    }

    deinit {
        _ = unsafe ZSTD_freeCCtx(context)
    }
}

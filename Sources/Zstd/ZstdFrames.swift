internal import CZstd

/// How a stream is cut into Zstandard frames (RFC 8878): each of `contentSize` bytes but the last, which may be
/// shorter.
///
/// Frames know nothing of each other, so several processors can make them and, what zstd's own jobs do not allow, undo
/// them. Stock `zstd -d` reads frames one after the other as one stream. Against a single frame made of jobs of this
/// size they cost 0.75% in size.
package enum ZstdFrames {
    /// Bytes of the stream in a frame.
    package static let contentSize = 4 << 20
    /// No frame that libzstd makes of them is longer.
    package static let longest = ZSTD_compressBound(contentSize)

    /// Whether the stream that begins with `bytes` may be cut like that: its first frame tells its content's size, and
    /// that is no larger. Other streams are one frame, for `ZstdDecompressor`.
    ///
    /// `bytes` holds the whole of a frame's header, 18 bytes, unless the stream is shorter.
    package static func begin(_ bytes: Span<UInt8>) -> Bool {
        hasMagic(bytes) && contentSize(of: bytes).map { $0 <= contentSize } ?? false
    }

    /// What the header of a frame says; nil if it says nothing, or is not a header.
    static func contentSize(of frame: Span<UInt8>) -> UInt64? {
        let size = unsafe frame.withUnsafeBytes { unsafe ZSTD_getFrameContentSize($0.baseAddress, $0.count) }
        // The two largest numbers say that it is not known, and that this is not a frame.
        return size >= UInt64.max - 1 ? nil : size
    }

    static let magic: [UInt8] = [0x28, 0xb5, 0x2f, 0xfd]

    /// libzstd would skip a skippable frame silently and read formats older than RFC 8878.
    static func hasMagic(_ bytes: Span<UInt8>) -> Bool {
        bytes.count >= magic.count && magic.indices.allSatisfy { bytes[$0] == magic[$0] }
    }
}

/// Finds where each frame of a stream ends that `ZstdFrames.begin` says may have many.
package struct ZstdFrameCutter {
    private let isOfAnySize: Bool
    private var isLast = false
    private var hasCut = false

    /// - Parameter isOfAnySize: whether frames before the last one may be shorter than `ZstdFrames.contentSize`, too.
    package init(ofAnySize isOfAnySize: Bool = false) { self.isOfAnySize = isOfAnySize }

    /// The length of the frame at the start of `bytes`, which begin where the one before ended; nil if they end before
    /// it does. There may be no more after a frame that is not full, and an empty one is none of several.
    ///
    /// - Throws: `ZstdError.notZstandard`, `.damaged`, `.trailingBytes`.
    package mutating func cut(_ bytes: Span<UInt8>) throws(ZstdError) -> Int? {
        if bytes.isEmpty { return nil }
        if isLast { throw .trailingBytes }
        if bytes.count < ZstdFrames.magic.count { return nil }
        if !ZstdFrames.hasMagic(bytes) { throw .notZstandard }
        let result = unsafe bytes.withUnsafeBytes {
            unsafe ZSTD_findFrameCompressedSize($0.baseAddress, $0.count)
        }
        if ZSTD_isError(result) != 0 && ZSTD_getErrorCode(result) == ZSTD_error_srcSize_wrong {
            if bytes.count >= ZstdFrames.longest { throw .damaged(reason: "a frame is longer than its content") }
            return nil
        }
        let length = try valid(result) { .damaged(reason: $0) }
        let content = ZstdFrames.contentSize(of: bytes)
        if hasCut && content == 0 { throw .trailingBytes }
        isLast = !isOfAnySize && content != UInt64(ZstdFrames.contentSize)
        hasCut = true
        return length
    }

    /// No more comes after the `rest`, of which no frame could be cut.
    ///
    /// - Throws: `ZstdError.empty`, `.truncated`.
    package func finish(_ rest: Span<UInt8>) throws(ZstdError) {
        if !rest.isEmpty { throw .truncated }
        if !hasCut { throw .empty }
    }
}

/// Makes frames, each with its content's size and a checksum; the owner of a `ZSTD_CCtx`.
@safe
package struct ZstdFrameCompressor: ~Copyable {
    private let context: OpaquePointer

    /// - Parameters:
    ///   - level: 1...22; negative levels are faster still.
    ///   - tableLog: of both tables that matches are looked up in, the logarithm of their entries; nil for the level's
    ///     own. Smaller ones stay in the processor's nearest cache: faster, for some size.
    package init(level: Int, tableLog: Int? = nil) throws(ZstdError) {
        guard let context = unsafe ZSTD_createCCtx() else { throw .outOfMemory }
        do {
            try unsafe Self.set(context, ZSTD_c_compressionLevel, "level", level)
            try unsafe Self.set(context, ZSTD_c_checksumFlag, "checksum", 1)
            if let tableLog {
                try unsafe Self.set(context, ZSTD_c_hashLog, "hash log", tableLog)
                try unsafe Self.set(context, ZSTD_c_chainLog, "chain log", tableLog)
            }
        } catch {
            _ = unsafe ZSTD_freeCCtx(context)
            throw error
        }
        unsafe self.context = context
    }

    /// Makes a frame of at most `ZstdFrames.contentSize` bytes into the beginning of `frame`, which has room for
    /// `ZstdFrames.longest`.
    ///
    /// - Returns: the frame's length.
    package mutating func compress(_ content: Span<UInt8>, into frame: inout [UInt8]) throws(ZstdError) -> Int {
        let context = unsafe self.context
        let result = unsafe content.withUnsafeBytes { content in
            unsafe frame.withUnsafeMutableBytes { frame in
                unsafe ZSTD_compress2(context, frame.baseAddress, frame.count, content.baseAddress, content.count)
            }
        }
        return try valid(result) { .failed(reason: $0) }
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

/// Undoes frames; the owner of a `ZSTD_DCtx`.
@safe
package struct ZstdFrameDecompressor: ~Copyable {
    private let context: OpaquePointer

    package init() throws(ZstdError) {
        guard let context = unsafe ZSTD_createDCtx() else { throw .outOfMemory }
        unsafe self.context = context
    }

    /// Undoes a whole `frame` into the beginning of `content`, which has room for `ZstdFrames.contentSize` bytes.
    ///
    /// - Returns: the content's length, which is what the frame's header says.
    /// - Throws: `ZstdError.damaged`; a frame that holds more, or does not tell how much, is damaged.
    package mutating func decompress(_ frame: Span<UInt8>, into content: inout [UInt8]) throws(ZstdError) -> Int {
        guard let size = ZstdFrames.contentSize(of: frame), size <= ZstdFrames.contentSize else {
            throw .damaged(reason: "a frame among others does not hold \(ZstdFrames.contentSize) bytes")
        }
        let context = unsafe self.context
        let result = unsafe frame.withUnsafeBytes { frame in
            unsafe content.withUnsafeMutableBytes { content in
                unsafe ZSTD_decompressDCtx(context, content.baseAddress, Int(size), frame.baseAddress, frame.count)
            }
        }
        return try valid(result) { .damaged(reason: $0) }
    }

    deinit {
        _ = unsafe ZSTD_freeDCtx(context)
    }
}

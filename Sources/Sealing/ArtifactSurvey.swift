package import Age
package import Catalogue
internal import Digest
internal import DurableFiles
package import SystemPackage
internal import Threads
internal import Zstd

/// What a catalogue says of a stored artifact, found by reading all of it once: for an artifact whose catalogue was not
/// made with it, or is lost.
package struct ArtifactSurvey: Sendable {
    /// Nil where it is one zstd frame of any length, as stock zstd makes it: no part of that can be read alone.
    package let frames: FrameTable?
    package let streamBytes: UInt64
    package let stream: SendStreamSummary

    /// - Parameters:
    ///   - stored: what the file has to be; nothing counts that came of another one.
    ///   - snapshot: what the stream has to be.
    ///   - outputLimit: most bytes of the stream.
    ///   - map: takes the text of the stream's map.
    ///   - progress: told how many stored bytes were read.
    package static func of(
        _ path: FilePath, expecting stored: StoredFileExpectation, _ snapshot: StreamExpectation,
        outputLimit: UInt64 = .max, with identities: [AgeIdentity], map: @escaping StreamMapSink,
        progress: @escaping @Sendable (UInt64) -> Void = { _ in }
    ) async throws(OpenError) -> ArtifactSurvey {
        do {
            return try await whileWanted { isWanted in
                let check = try StreamCheck(.sendStream(snapshot), map: map)
                var pass = try SurveyPass(check, outputLimit: outputLimit)
                try pass.read(path, stored, identities, isWanted: isWanted, progress)
                return try pass.finish()
            }
        } catch {
            throw OpenError(error)
        }
    }
}

/// One pass: decrypt, cut into frames, undo each, hash and inspect what comes out.
private struct SurveyPass: ~Copyable {
    private static let blockSize = 1 << 20

    private let outputLimit: UInt64
    private let decompressor: FrameUndoing
    private var check: StreamCheck
    private var table = FrameTable()
    private var cutter = ZstdFrameCutter()
    /// Of the compressed stream, what does not make a frame yet.
    private var waiting: [UInt8] = []
    /// Of an artifact that is one frame of any length; nil while that is not known.
    private var single: ZstdDecompressor?
    private var isOfFrames = false
    private var streamBytes: UInt64 = 0

    init(_ check: consuming StreamCheck, outputLimit: UInt64) throws(ZstdError) {
        self.init(check, outputLimit, try FrameUndoing())
    }

    private init(_ check: consuming StreamCheck, _ outputLimit: UInt64, _ decompressor: FrameUndoing) {
        self.check = check
        self.outputLimit = outputLimit
        self.decompressor = decompressor
    }

    mutating func read(
        _ path: FilePath, _ stored: StoredFileExpectation, _ identities: [AgeIdentity], isWanted: () -> Bool,
        _ progress: (UInt64) -> Void
    ) throws {
        let file = try OpenFile(regular: path, .readOnly, followsLinks: true)
        var decryptor = AgeDecryptor(identities: identities)
        var digest = SHA256()
        var bytes: UInt64 = 0
        var buffer = [UInt8](repeating: 0, count: Self.blockSize)
        while case let count = try file.read(into: &buffer), count > 0 {
            guard isWanted() else { throw CancellationError() }
            bytes += UInt64(count)
            guard bytes <= stored.bytes else { throw OpenError.otherLength(expected: stored.bytes, found: bytes) }
            digest.update(buffer.span.extracting(0..<count))
            try decryptor.update(buffer.span.extracting(0..<count)) { try undo($0) }
            progress(bytes)
        }
        try decryptor.finish { try undo($0) }
        guard bytes == stored.bytes else { throw OpenError.otherLength(expected: stored.bytes, found: bytes) }
        let found = digest.finish()
        guard found == stored.sha256 else { throw OpenError.otherContent(expected: stored.sha256, found: found) }
    }

    consuming func finish() throws -> ArtifactSurvey {
        if !isOfFrames && single == nil { try decide() }
        if isOfFrames {
            let rest = waiting
            try cutter.finish(rest.span)
        } else if let single = single.take() {
            try single.finish()
        }
        guard let stream = try check.finish() else { preconditionFailure("a send stream is inspected") }
        return ArtifactSurvey(frames: isOfFrames ? table : nil, streamBytes: streamBytes, stream: stream)
    }

    // MARK: What was decrypted

    private mutating func undo(_ piece: Span<UInt8>) throws {
        if single != nil { return try undoSingle(piece) }
        for index in piece.indices { waiting.append(piece[index]) }
        if !isOfFrames {
            guard waiting.count >= Self.headerSize else { return }
            try decide()
        }
        if isOfFrames { try undoFrames() }
    }

    /// A frame's header is no longer (RFC 8878).
    private static let headerSize = 18

    /// By what has come, which holds the header of the first frame unless there is no more.
    private mutating func decide() throws {
        let start = waiting
        isOfFrames = ZstdFrames.begin(start.span)
        if isOfFrames { return try undoFrames() }
        single = try ZstdDecompressor(outputLimit: outputLimit, blockSize: Self.blockSize)
        waiting = []
        try undoSingle(start.span)
    }

    private mutating func undoFrames() throws {
        var waiting: [UInt8] = []
        swap(&waiting, &self.waiting)
        var start = 0
        while let length = try cutter.cut(waiting.span.extracting(start..<waiting.count)) {
            let content = try decompressor.undo(waiting.span.extracting(start..<start + length))
            start += length
            table.frames.append(FrameTable.Frame(sha256: SHA256.hash(content.span), length: length))
            try look(at: content.span)
        }
        waiting.removeFirst(start)
        swap(&waiting, &self.waiting)
    }

    private mutating func undoSingle(_ piece: Span<UInt8>) throws {
        guard var single = single.take() else { return }
        try single.update(piece) { try look(at: $0) }
        self.single = consume single
    }

    private mutating func look(at content: Span<UInt8>) throws {
        streamBytes += UInt64(content.count)
        guard streamBytes <= outputLimit else { throw OpenError.outputTooLarge(limit: outputLimit) }
        try check.update(content)
    }
}

/// Undoes frames, each into a buffer of its own.
private final class FrameUndoing {
    private var decompressor: ZstdFrameDecompressor

    init() throws(ZstdError) {
        decompressor = try ZstdFrameDecompressor()
    }

    func undo(_ frame: Span<UInt8>) throws(ZstdError) -> [UInt8] {
        var content = [UInt8](repeating: 0, count: ZstdFrames.contentSize)
        let count = try decompressor.decompress(frame, into: &content)
        content.removeLast(content.count - count)
        return content
    }
}

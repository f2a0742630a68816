import StockTools
import Testing
import Zstd

/// One frame of at most 4 MiB.
func frame(of bytes: [UInt8], level: Int = 3) throws -> [UInt8] {
    var compressor = try ZstdFrameCompressor(level: level)
    var frame = [UInt8](repeating: 0, count: ZstdFrames.longest)
    let count = try compressor.compress(bytes.span, into: &frame)
    return Array(frame[..<count])
}

func decompressed(_ bytes: [UInt8], limit: UInt64 = .max, pieces: Int = 50_000) throws -> [UInt8] {
    var result: [UInt8] = []
    var decompressor = try ZstdDecompressor(outputLimit: limit)
    for start in stride(from: 0, to: bytes.count, by: pieces) {
        let piece = bytes.span.extracting(start..<min(start + pieces, bytes.count))
        try decompressor.update(piece) { (output: Span<UInt8>) in
            result.append(contentsOf: output.indices.map { output[$0] })
        }
    }
    try decompressor.finish()
    return result
}

/// Compared here, so that a failure does not print megabytes.
func isEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool { left == right }

@Suite("Zstandard, with the stock tool on the other side")
struct ZstdInterchangeTests {
    @Test("what stock zstd compresses, we unpack", arguments: [["-3"], ["-1", "--no-check"], ["-19", "--long=27"]])
    func weReadStock(options: [String]) throws {
        let bytes = mixedBytes(1_500_000)
        let frame = try stockOutput(["zstd", "-c"] + options, input: bytes)
        #expect(try isEqual(decompressed(frame), bytes))
        #expect(try isEqual(decompressed(frame, pieces: 777), bytes))
    }

    @Test("one byte at a time is as good as all at once")
    func smallPieces() throws {
        let bytes = mixedBytes(3000)
        let frame = try frame(of: bytes)
        #expect(try isEqual(decompressed(frame, pieces: 1), bytes))
    }

    @Test("a block can be exchanged for another, and nothing is copied or lost")
    func exchange() throws {
        // given
        let bytes = mixedBytes(400_000)
        let frame = try frame(of: bytes)
        // when
        var blocks: [[UInt8]] = []
        var decompressor = try ZstdDecompressor(blockSize: 64 << 10)
        try decompressor.update(frame.span) { (block: inout [UInt8], count: Int) in
            var other = [UInt8](repeating: 0, count: 64 << 10)
            swap(&block, &other)
            blocks.append(Array(other[..<count]))
        }
        try decompressor.finish()
        // then
        #expect(blocks.allSatisfy { $0.count <= 64 << 10 })
        #expect(isEqual(blocks.flatMap { $0 }, bytes))
    }
}

@Suite("Zstandard, what is refused")
struct ZstdRefusalTests {
    private let bytes = mixedBytes(200_000)

    @Test("no input at all")
    func empty() { #expect(throws: ZstdError.empty) { try decompressed([]) } }

    @Test("a frame cut anywhere", arguments: [1, 3, 4, 5, 100, -1, -4, -5])
    func truncated(place: Int) throws {
        let frame = try frame(of: bytes)
        let cut = Array(frame.prefix(place > 0 ? place : frame.count + place))
        #expect(throws: ZstdError.truncated) { try decompressed(cut) }
    }

    @Test("bytes after the frame, another frame, a skippable one", arguments: [1, 50_000])
    func trailing(pieces: Int) throws {
        let frame = try frame(of: Array(bytes.prefix(2000)))
        let skippable: [UInt8] = [0x50, 0x2a, 0x4d, 0x18, 1, 0, 0, 0, 7]
        for rest in [[0], frame, skippable] {
            #expect(throws: ZstdError.trailingBytes) { try decompressed(frame + rest, pieces: pieces) }
        }
        #expect(throws: ZstdError.notZstandard) { try decompressed(skippable + frame, pieces: pieces) }
        #expect(throws: ZstdError.notZstandard) { try decompressed(skippable, pieces: pieces) }
    }

    @Test("something else, or an older format", arguments: ["gzip", "\u{28}", "\u{28}\u{27}"])
    func otherData(text: String) {
        let isBeginning = text == "\u{28}"
        #expect(throws: isBeginning ? ZstdError.truncated : .notZstandard) { try decompressed(Array(text.utf8)) }
        #expect(throws: ZstdError.notZstandard) { try decompressed([0x27, 0xb5, 0x2f, 0xfd, 1, 2, 3, 4]) }
    }

    @Test("a flipped bit anywhere never gives other bytes")
    func damaged() throws {
        let bytes = mixedBytes(3000)
        let frame = try frame(of: bytes)
        let refused = refusals(of: frame, holding: bytes) { try decompressed($0) }
        #expect(refused >= frame.count - 8)
    }

    @Test("more output than allowed, before it is let out")
    func outputLimit() throws {
        let frame = try frame(of: [UInt8](repeating: 0, count: 3_000_000))
        #expect(try decompressed(frame, limit: 3_000_000).count == 3_000_000)
        #expect(throws: ZstdError.outputTooLarge(limit: 2_999_999)) { try decompressed(frame, limit: 2_999_999) }
    }

    @Test("a window above 2^27")
    func window() throws {
        // A frame by hand (RFC 8878, 3.1.1): no flags, window exponent, then one raw block of one byte, the last.
        func frame(windowLog: UInt8) -> [UInt8] {
            [0x28, 0xb5, 0x2f, 0xfd, 0, (windowLog - 10) << 3, 0b0000_1001, 0, 0, 7]
        }
        #expect(try decompressed(frame(windowLog: 27)) == [7])
        #expect(throws: ZstdError.windowTooLarge) { try decompressed(frame(windowLog: 28)) }
    }

    @Test("an error of the sink passes through")
    func sinkFails() throws {
        struct SinkIsFull: Error {}
        let frame = try frame(of: bytes)
        var decompressor = try ZstdDecompressor()
        #expect(throws: SinkIsFull.self) {
            try decompressor.update(frame.span) { (_: Span<UInt8>) in throw SinkIsFull() }
        }
    }
}

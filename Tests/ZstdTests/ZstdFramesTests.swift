import StockTools
import Testing
import Zstd

/// Cuts and undoes frames as they come in pieces.
private func undone(_ bytes: [UInt8], pieces: Int = .max) throws -> [UInt8] {
    var cutter = ZstdFrameCutter()
    var decompressor = try ZstdFrameDecompressor()
    var content = [UInt8](repeating: 0, count: ZstdFrames.contentSize)
    var gathered: [UInt8] = []
    var result: [UInt8] = []
    var rest = bytes[...]
    while !rest.isEmpty {
        gathered += rest.prefix(pieces)
        rest = rest.dropFirst(pieces)
        while let length = try cutter.cut(gathered.span) {
            let count = try decompressor.decompress(gathered.span.extracting(0..<length), into: &content)
            result += content[..<count]
            gathered.removeFirst(length)
        }
    }
    try cutter.finish(gathered.span)
    return result
}

private func mayBeFrames(_ bytes: [UInt8]) -> Bool { ZstdFrames.begin(bytes.span) }

@Suite("Zstandard frames, of which a stream has many")
struct ZstdFramesTests {
    private static let full = mixedBytes(ZstdFrames.contentSize)
    private static let end = mixedBytes(70_000, seed: 2)

    @Test("what we compress, stock zstd unpacks, with its checksum", arguments: [0, 1, 100_000, 4 << 20], [-5, 3, 19])
    func stockReadsOurs(count: Int, level: Int) throws {
        let bytes = Array(Self.full.prefix(count))
        let frame = try frame(of: bytes, level: level)
        let output = try stockOutput(["zstd", "-dc"], input: frame)
        #expect(isEqual(output, bytes))
        // The frame header descriptor is the fifth byte, its third bit the checksum flag (RFC 8878, 3.1.1.1.1).
        #expect(frame[4] & 0b100 != 0)
        #expect(mayBeFrames(frame))
        #expect(try isEqual(undone(frame), bytes))
    }

    @Test("frames one after the other are a stream, for stock zstd and for us", arguments: [Int.max, 300_000])
    func manyFrames(pieces: Int) throws {
        let first = try frame(of: Self.full)
        let bytes = try first + first + frame(of: Self.end)
        let output = try stockOutput(["zstd", "-dc"], input: bytes)
        #expect(isEqual(output, Self.full + Self.full + Self.end))
        #expect(try isEqual(undone(bytes, pieces: pieces), output))
        // A full frame may be the last as well.
        #expect(try isEqual(undone(first + first, pieces: pieces), Self.full + Self.full))
    }

    @Test("the smallest pieces do")
    func smallPieces() throws {
        let frame = try frame(of: Array(Self.end.prefix(3000)))
        #expect(try isEqual(undone(frame, pieces: 1), Array(Self.end.prefix(3000))))
    }

    @Test(
        "what stock zstd makes of a short file is read as well, and of a pipe or a long file is not a frame among many")
    func stockFrames() throws {
        let sized = try stockOutput(["zstd", "-c", "--stream-size=70000"], input: Self.end)
        #expect(mayBeFrames(sized))
        #expect(try isEqual(undone(sized), Self.end))
        let piped = try stockOutput(["zstd", "-c"], input: Self.end)
        #expect(!mayBeFrames(piped))
        #expect(throws: ZstdError.damaged(reason: "a frame among others does not hold 4194304 bytes")) {
            try undone(piped)
        }
        let long = try stockOutput(["zstd", "-c", "--stream-size=4194305"], input: Self.full + [0])
        #expect(!mayBeFrames(long))
        #expect(throws: ZstdError.damaged(reason: "a frame among others does not hold 4194304 bytes")) {
            try undone(frame(of: Self.full) + long)
        }
    }

    @Test("nothing comes after a frame that is not full", arguments: [Int.max, 1000])
    func trailing(pieces: Int) throws {
        let (first, last, none) = try (frame(of: Self.full), frame(of: Self.end), frame(of: []))
        let skippable: [UInt8] = [0x50, 0x2a, 0x4d, 0x18, 1, 0, 0, 0, 7]
        for rest in [last, first, none, skippable, [0]] {
            #expect(throws: ZstdError.trailingBytes) { try undone(last + rest, pieces: pieces) }
            #expect(throws: ZstdError.trailingBytes) { try undone(none + rest, pieces: pieces) }
        }
        #expect(throws: ZstdError.trailingBytes) { try undone(first + none, pieces: pieces) }
        #expect(throws: ZstdError.notZstandard) { try undone(first + skippable, pieces: pieces) }
        #expect(throws: ZstdError.notZstandard) { try undone(first + [0, 0, 0, 0], pieces: pieces) }
        #expect(throws: ZstdError.notZstandard) { try undone(skippable + last, pieces: pieces) }
        #expect(!mayBeFrames(skippable))
    }

    @Test("no frame at all, or one that is cut", arguments: [1, 3, 4, 5, 18, 100, -1])
    func truncated(place: Int) throws {
        let (first, last) = try (frame(of: Self.full), frame(of: Self.end))
        let cut = Array(last.prefix(place > 0 ? place : last.count + place))
        #expect(throws: ZstdError.truncated) { try undone(cut) }
        #expect(throws: ZstdError.truncated) { try undone(first + cut) }
        #expect(throws: ZstdError.empty) { try undone([]) }
        #expect(!mayBeFrames([]))
    }

    @Test("a flipped bit anywhere never gives other bytes")
    func damaged() throws {
        let bytes = Array(Self.end.prefix(3000))
        let frame = try frame(of: bytes)
        let refused = refusals(of: frame, holding: bytes) { try undone($0) }
        #expect(refused >= frame.count - 8)
    }

    @Test("a frame that claims its content and never ends is refused as soon as it is longer than it may be")
    func endless() throws {
        // By hand (RFC 8878, 3.1.1): a single segment of 4 MiB, then empty raw blocks, none of them the last.
        let head: [UInt8] = [0x28, 0xb5, 0x2f, 0xfd, 0b1010_0000, 0, 0, 0x40, 0]
        let blocks = [UInt8](repeating: 0, count: ZstdFrames.longest)
        #expect(mayBeFrames(head))
        #expect(throws: ZstdError.damaged(reason: "a frame is longer than its content")) { try undone(head + blocks) }
    }
}

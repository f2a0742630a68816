internal import Catalogue
internal import Digest
internal import SystemPackage

/// One stream on its way to a receiver, which gets nothing before the first command has shown whose stream it is, and of a
/// frame nothing before all of it has the hash that was sealed.
struct StreamCopy: ~Copyable {
    private let step: StreamRelay.Step
    private let frames: FrameHashes?
    private var output: StreamOutput
    private(set) var inspector: SendStreamInspector
    private var isIdentified = false
    private var bytes: UInt64 = 0
    /// What is not known to be right yet.
    private var held = Block(bytes: [UInt8](repeating: 0, count: FrameTable.frameSize))
    private var checkedFrames = 0

    /// - Parameter frames: nil where nobody has signed what they are.
    init(_ step: StreamRelay.Step, _ frames: FrameHashes?, _ output: FileDescriptor) throws {
        self.step = step
        self.frames = frames
        self.output = StreamOutput(output, "the receiver", step.substitute)
        inspector = try step.expectation.inspector()
    }

    /// - Returns: how many of the bytes were the stream's.
    mutating func take(_ part: Span<UInt8>) throws -> Int {
        let count = try inspector.consume(part)
        bytes += UInt64(count)
        if bytes > step.limit { throw OpenError.outputTooLarge(limit: step.limit) }
        if !isIdentified, let subvolume = inspector.subvolume {
            try step.expectation.check(subvolume)
            isIdentified = true
        }
        var place = 0
        while place < count {
            let piece = min(count - place, held.bytes.count - held.count)
            held.append(part.extracting(place..<place + piece))
            place += piece
            if held.count == held.bytes.count { try handOn() }
        }
        return count
    }

    consuming func finish() throws {
        // Of a stream that was cut what is held is not a frame: how its sender ended says why.
        if inspector.hasEnded {
            try handOn()
            if let frames, checkedFrames != frames.digests.count { throw RelayError.otherFrames }
        }
        _ = try inspector.finish()
    }

    /// What is held is a whole frame, or the rest of the stream.
    private mutating func handOn() throws {
        let count = held.count
        if count == 0 { return }
        if let frames {
            let number = checkedFrames
            guard number < frames.digests.count,
                SHA256.hash(held.bytes.span.extracting(0..<count)) == frames.digests[number]
            else { throw RelayError.otherFrame(number) }
            checkedFrames += 1
        }
        guard isIdentified else { throw SendStreamError(reason: .truncated, offset: bytes) }
        var frame = Block(bytes: [])
        swap(&frame, &held)
        try output.write(frame.bytes.span.extracting(0..<count))
        frame.count = 0
        swap(&frame, &held)
    }
}

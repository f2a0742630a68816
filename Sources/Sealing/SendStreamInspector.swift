internal import CCRC32C
internal import Catalogue

/// Checks the framing of a Btrfs send stream while it flows by in blocks of any size.
///
/// Of the stream a header that a block's end cuts in two is kept, the first command, and of each command what it is
/// judged by. What it proves: the stream is complete, undamaged and one snapshot's, and which; no path in it leads out of
/// that, and no command does to an object what it is not for (`StreamTree`). What it cannot prove is that nobody left out
/// a whole command or wrote another stream: only a signed hash of the stored artifact can.
package struct SendStreamInspector: ~Copyable {
    private enum Place {
        case header
        case commandHeader
        /// Within a command's attributes.
        case command(Command)
        case ended
    }

    private struct Command {
        let kind: UInt16
        let checksum: UInt32
        /// Bytes of the attributes.
        let length: Int
        /// The state of the CRC so far.
        var state: UInt32
        /// Bytes of them to come.
        var left: Int
        var attributes: AttributeWalk
    }

    private var place = Place.header
    /// A header that is not complete yet, or the attributes of the first command.
    private var kept: [UInt8] = []
    private var version: UInt32 = 0
    private var commands: UInt64 = 0
    /// Bytes of the stream before the block at hand, and where the command at hand began.
    private var offset: UInt64 = 0
    private var commandStart: UInt64 = 0

    /// What the commands so far have made of the tree.
    private var tree: StreamTree?
    private let parent: (any ParentObjects)?
    /// Writes down what the commands do, where that is asked for.
    private var recorder: StreamMapRecorder?
    private let isRecording: Bool

    /// The snapshot, as soon as the first command is complete.
    package private(set) var subvolume: SendStreamSubvolume?

    package init() { self.init(parent: nil) }

    /// - Parameters:
    ///   - parent: the snapshot that an increment starts from, where it is at hand.
    ///   - isRecording: whether the stream's map is wanted (`takeMap`).
    init(parent: (any ParentObjects)?, isRecording: Bool = false) {
        self.parent = parent
        self.isRecording = isRecording
        kept.reserveCapacity(SendStreamFormat.largestFirstCommand)
    }

    /// Looks at the next block of the stream.
    package mutating func update(_ block: Span<UInt8>) throws(SendStreamError) {
        let count = try consume(block)
        if count < block.count { throw SendStreamError(reason: .trailingBytes, offset: offset) }
    }

    /// Whether the last command has passed by.
    package var hasEnded: Bool { if case .ended = place { true } else { false } }

    /// Looks at the next bytes, up to the end of the stream at most; returns how many were the stream's.
    package mutating func consume(_ block: Span<UInt8>) throws(SendStreamError) -> Int {
        var index = 0
        while index < block.count && !hasEnded {
            switch place {
            case .header:
                if keep(block, &index, upTo: SendStreamFormat.headerSize) { try readHeader() }
            case .commandHeader:
                if kept.isEmpty { commandStart = offset + UInt64(index) }
                let size = SendStreamFormat.commandHeaderSize
                if kept.isEmpty && block.count - index >= size {
                    index += size
                    try readCommandHeader(block.extracting(index - size..<index))
                } else if keep(block, &index, upTo: size) {
                    let header = kept
                    kept.removeAll(keepingCapacity: true)
                    try readCommandHeader(header.span)
                }
            case .command(var command):
                let count = min(command.left, block.count - index)
                let part = block.extracting(index..<index + count)
                index += count
                try read(part, of: &command)
            case .ended:
                break
            }
        }
        offset += UInt64(index)
        return index
    }

    /// The stream is over: it must be complete here.
    package consuming func finish() throws(SendStreamError) -> SendStreamSummary {
        switch place {
        case .ended:
            guard let subvolume else { throw failure(.endMissing) }
            return SendStreamSummary(version: version, subvolume: subvolume, commands: commands, bytes: offset)
        case .header:
            throw SendStreamError(reason: offset == 0 ? .empty : .truncated, offset: offset)
        case .commandHeader:
            throw SendStreamError(reason: kept.isEmpty ? .endMissing : .truncated, offset: offset)
        case .command:
            throw SendStreamError(reason: .truncated, offset: offset)
        }
    }

    private func failure(_ reason: SendStreamError.Reason) -> SendStreamError {
        SendStreamError(reason: reason, offset: commandStart)
    }

    /// Collects bytes until there are `size`; says whether there are.
    private mutating func keep(_ block: Span<UInt8>, _ index: inout Int, upTo size: Int) -> Bool {
        while kept.count < size && index < block.count {
            kept.append(block[index])
            index += 1
        }
        return kept.count == size
    }

    private mutating func readHeader() throws(SendStreamError) {
        guard kept.starts(with: SendStreamFormat.magic) else { throw failure(.notASendStream) }
        version = kept.span.littleEndian32(at: SendStreamFormat.magic.count)
        guard version == 1 || version == 2 else { throw failure(.version(version)) }
        kept.removeAll(keepingCapacity: true)
        place = .commandHeader
    }

    private mutating func readCommandHeader(_ header: Span<UInt8>) throws(SendStreamError) {
        let length = header.littleEndian32(at: 0)
        let kind = header.littleEndian16(at: 4)
        guard SendCommand.isKnown(kind, version: version) else { throw failure(.unknownCommand(kind)) }
        let isSubvolume = kind == SendCommand.subvolume || kind == SendCommand.snapshot
        if commands == 0 {
            guard isSubvolume else { throw failure(.firstCommand(kind)) }
            guard length <= SendStreamFormat.largestFirstCommand else { throw failure(.commandLength(length)) }
        } else if isSubvolume {
            throw failure(.secondSubvolume)
        }
        let largest = SendStreamFormat.largestCommand(version: version) - SendStreamFormat.commandHeaderSize
        guard length <= largest else { throw failure(.commandLength(length)) }
        var command = Command(
            kind: kind, checksum: header.littleEndian32(at: 6), length: Int(length), state: 0, left: Int(length),
            attributes: AttributeWalk(
                command: kind, version: version, looksForZeros: isRecording && kind == SendCommand.write))
        command.state = checksum(header.extracting(0..<6), from: 0)
        let blank: [UInt8] = [0, 0, 0, 0]
        command.state = checksum(blank.span, from: command.state)
        if length == 0 { try finish(command) } else { place = .command(command) }
    }

    private mutating func read(_ part: Span<UInt8>, of command: inout Command) throws(SendStreamError) {
        command.state = checksum(part, from: command.state)
        command.left -= part.count
        if commands == 0 {
            for index in part.indices { kept.append(part[index]) }
        } else if let fault = command.attributes.fault(in: part) {
            throw failure(fault == .path ? .path : .attributes)
        }
        if command.left == 0 { try finish(command) } else { place = .command(command) }
    }

    private mutating func finish(_ command: Command) throws(SendStreamError) {
        guard command.state == command.checksum else { throw failure(.checksum) }
        if commands == 0 {
            subvolume = try SendStreamSubvolume(
                attributes: kept.span, isSnapshot: command.kind == SendCommand.snapshot, offset: commandStart)
            kept.removeAll(keepingCapacity: true)
            tree = subvolume.map { StreamTree($0, parent: parent) }
            if isRecording { recorder = subvolume.flatMap { StreamMapRecorder($0, version: version) } }
        } else {
            let attributes = commandStart + UInt64(SendStreamFormat.commandHeaderSize)
            guard let judged = command.attributes.finish() else { throw failure(.attributes) }
            if judged.kind == SendCommand.end {
                let isWhole = recorder?.finish(streamBytes: attributes + UInt64(command.length)) ?? true
                if !isWhole { throw failure(.attributes) }
            } else {
                try judge(judged)
                guard recorder?.record(judged, attributesAt: attributes) ?? true else { throw failure(.attributes) }
            }
        }
        commands += 1
        place = command.kind == SendCommand.end ? .ended : .commandHeader
    }
}

extension SendStreamInspector {
    /// Gives what has come of the map's text since the last time, in whole lines; after END, the rest of it. It is text
    /// of a few times the block's size at most.
    mutating func takeMap<Failure: Error>(_ give: (Span<UInt8>) throws(Failure) -> Void) throws(Failure) {
        guard let recorder, !recorder.text.isEmpty else { return }
        try give(recorder.text.span)
        self.recorder?.text.removeAll(keepingCapacity: true)
    }

    private mutating func judge(_ command: StreamCommand) throws(SendStreamError) {
        guard command.isOfSend else { throw failure(.notOfSend(command.kind)) }
        do throws(StreamTree.CommandError) {
            try tree?.apply(command)
        } catch {
            let path = String(decoding: command.path, as: UTF8.self)
            switch error {
            case .path: throw failure(.throughLink(path))
            case .object: throw failure(.otherObject(path))
            case .cloneSource: throw failure(.cloneSource(path))
            case .tooManyNames: throw failure(.tooManyNames)
            }
        }
    }
}

private func checksum(_ bytes: Span<UInt8>, from state: UInt32) -> UInt32 {
    unsafe bytes.withUnsafeBufferPointer { bytes in
        guard let start = bytes.baseAddress else { return state }
        return unsafe ccrc32c_update(state, start, bytes.count)
    }
}

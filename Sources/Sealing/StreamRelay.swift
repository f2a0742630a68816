package import Catalogue
internal import DurableFiles
internal import Synchronization
internal import SystemPackage
internal import Threads

/// Hands on what a command sends, several send streams one after the other, each to a receiver of its own.
///
/// The command is another machine's. Before each stream come the hashes of its frames (`FrameHashes.header`), which
/// must have the hash that the sealing's author has signed; then no byte is passed on before the whole frame that it is
/// in has its hash. What comes after the last stream is refused.
package struct StreamRelay: Sendable {
    package struct Step: Sendable {
        package let expectation: StreamExpectation
        /// Nil where nobody has signed what the frames are: then the command is trusted.
        package let frames: SealedFrames?
        /// The most bytes it may have.
        package let limit: UInt64
        /// What reads it on standard input.
        package let receiver: [String]
        /// Named in place of the parent in what the receiver gets.
        package let substitute: ParentSubstitute?
        /// Called before the receiver is started.
        package let prepare: @Sendable () async throws -> Void
        /// Called when all of it was received.
        package let accept: @Sendable () async throws -> Void

        package init(
            expecting expectation: StreamExpectation, frames: SealedFrames?, limit: UInt64, receiver: [String],
            substitute: ParentSubstitute? = nil, prepare: @escaping @Sendable () async throws -> Void = {},
            accept: @escaping @Sendable () async throws -> Void
        ) {
            self.expectation = expectation
            self.frames = frames
            self.limit = limit
            self.receiver = receiver
            self.substitute = substitute
            self.prepare = prepare
            self.accept = accept
        }
    }

    package let command: [String]
    /// Told how many bytes have come, on a thread of the relay.
    package let progress: @Sendable (UInt64) -> Void

    package init(_ command: [String], progress: @escaping @Sendable (UInt64) -> Void = { _ in }) {
        self.command = command
        self.progress = progress
    }

    /// What was accepted before a failure stays.
    package func run(_ steps: [Step]) async throws {
        let child = ChildProcess(command: command)
        let cut: SendStreamError?
        let status: ChildStatus
        do {
            let (outcome, ended) = try await child.produce { output -> Result<SendStreamError?, any Error> in
                let source = StreamSequence(output, progress)
                do {
                    for step in steps { try await hand(source, to: step) }
                    try await onOwnThread { Result { try source.requireEnd() } }.get()
                    return .success(nil)
                } catch let error as SendStreamError where error.isCut {
                    // The sender has ended by itself, and how it ended says why.
                    return .success(error)
                } catch {
                    return .failure(error)
                }
            }
            cut = try outcome.get()
            status = ended
        } catch let error as ChildNotStartedError {
            throw RelayError.notStarted(command: child.text, reason: error.reason)
        }
        if !status.isSuccess { throw RelayError.senderFailed(command: child.text, status) }
        if let cut { throw cut }
    }

    private func hand(_ source: StreamSequence, to step: Step) async throws {
        let receiver = ChildProcess(command: step.receiver)
        try await step.prepare()
        do {
            let (outcome, status) = try await receiver.consume { input in
                await onOwnThread { Result { try source.copyNext(to: input, step) } }
            }
            if case .failure(let error) = outcome, !isBrokenPipe(error) || status.isSuccess { throw error }
            if !status.isSuccess { throw OpenError.consumerFailed(command: receiver.text, status) }
        } catch let error as ChildNotStartedError {
            throw OpenError.consumerNotStarted(command: receiver.text, reason: error.reason)
        }
        try await step.accept()
    }

    private func isBrokenPipe(_ error: any Error) -> Bool { (error as? FileFailure)?.errno == .brokenPipe }
}

/// What went wrong with the command that sends.
package enum RelayError: Error, Equatable, CustomStringConvertible {
    case notStarted(command: String, reason: String)
    case senderFailed(command: String, ChildStatus)
    case bytesBehindTheLast
    /// What comes before a stream is not a list of its frames' hashes, or one that nobody has signed.
    case otherFrames
    /// The frame of that number, from 0 on.
    case otherFrame(Int)

    package var description: String {
        switch self {
        case .notStarted(let command, let reason): "cannot start \(command): \(reason)"
        case .senderFailed(let command, let status): "\(command) failed: \(status)"
        case .bytesBehindTheLast: "more was sent than was asked for"
        case .otherFrames: "what was sent are not the frames that were sealed"
        case .otherFrame(let number): "frame \(number) of what was sent is not the one that was sealed"
        }
    }
}

/// What a descriptor gives, cut where one send stream ends and the next begins. Used by one thread at a time.
private final class StreamSequence: Sendable {
    private struct State {
        var buffer = [UInt8](repeating: 0, count: 1 << 18)
        /// What of the buffer was read and not used.
        var rest = 0..<0
        var total: UInt64 = 0
    }

    private let input: FileDescriptor
    private let progress: @Sendable (UInt64) -> Void
    private let state = Mutex(State())

    init(_ input: FileDescriptor, _ progress: @escaping @Sendable (UInt64) -> Void) {
        self.input = input
        self.progress = progress
        enlargePipe(input)
    }

    func copyNext(to output: FileDescriptor, _ step: StreamRelay.Step) throws {
        try state.withLock { state in
            var copy = try StreamCopy(step, try frames(step, &state), output)
            while !copy.inspector.hasEnded, try fill(&state) {
                let rest = state.rest
                let count = try copy.take(state.buffer.span.extracting(rest))
                state.rest = (rest.lowerBound + count)..<rest.upperBound
            }
            try copy.finish()
        }
    }

    /// The hashes that come before a stream; nil where they count for nothing.
    private func frames(_ step: StreamRelay.Step, _ state: inout State) throws -> FrameHashes? {
        let header = String(decoding: try line(&state, limit: FrameHashes.longestHeader), as: UTF8.self)
        // Where nothing limits the stream, 64 TiB do.
        let most = Int(min(step.limit, 64 << 40) / UInt64(FrameTable.frameSize)) + 1
        guard let count = FrameHashes.count(header: header), count <= most else { throw RelayError.otherFrames }
        if let frames = step.frames, frames.count != count { throw RelayError.otherFrames }
        guard let sealed = step.frames else {
            for _ in 0..<count { _ = try bytes(FrameHashes.lineLength, &state) }
            return nil
        }
        let text = try bytes(count * FrameHashes.lineLength, &state)
        guard let hashes = FrameHashes(parsing: text), hashes.sha256 == sealed.sha256 else {
            throw RelayError.otherFrames
        }
        return hashes
    }

    /// Up to a line feed, which is left out.
    private func line(_ state: inout State, limit: Int) throws -> [UInt8] {
        var line: [UInt8] = []
        while line.count < limit {
            // The sender has ended, and how says why.
            guard try fill(&state) else { throw SendStreamError(reason: .empty, offset: 0) }
            let byte = state.buffer[state.rest.lowerBound]
            state.rest.removeFirst()
            if byte == UInt8(ascii: "\n") { return line }
            line.append(byte)
        }
        throw RelayError.otherFrames
    }

    private func bytes(_ count: Int, _ state: inout State) throws -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < count, try fill(&state) {
            let part = state.rest.prefix(count - bytes.count)
            bytes += state.buffer[part]
            state.rest.removeFirst(part.count)
        }
        if bytes.count < count { throw SendStreamError(reason: .empty, offset: 0) }
        return bytes
    }

    func requireEnd() throws {
        let isMore = try state.withLock { state in try fill(&state) }
        if isMore { throw RelayError.bytesBehindTheLast }
    }

    /// Whether there is something to use.
    private func fill(_ state: inout State) throws -> Bool {
        if !state.rest.isEmpty { return true }
        let count = try attempt("read", "what is sent") {
            try unsafe state.buffer.withUnsafeMutableBytes { try unsafe input.read(into: $0) }
        }
        state.rest = 0..<count
        state.total += UInt64(count)
        progress(state.total)
        return count > 0
    }
}

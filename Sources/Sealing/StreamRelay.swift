internal import DurableFiles
internal import Synchronization
internal import SystemPackage
internal import Threads

/// Hands on what a command sends, several send streams one behind the other, each to a receiver of its own.
///
/// The command is another machine's, so each stream is held against what is known of its snapshot before a byte of it
/// goes on, and what comes behind the last one is refused.
package struct StreamRelay: Sendable {
    package struct Step: Sendable {
        package let expectation: StreamExpectation
        /// The most bytes it may have.
        package let limit: UInt64
        /// What reads it on standard input.
        package let receiver: [String]
        /// Called when all of it was received.
        package let accept: @Sendable () async throws -> Void

        package init(
            expecting expectation: StreamExpectation, limit: UInt64, receiver: [String],
            accept: @escaping @Sendable () async throws -> Void
        ) {
            self.expectation = expectation
            self.limit = limit
            self.receiver = receiver
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
        } catch let error as ChildNotStarted {
            throw RelayError.notStarted(command: child.text, reason: error.reason)
        }
        if !status.isSuccess { throw RelayError.senderFailed(command: child.text, status) }
        if let cut { throw cut }
    }

    private func hand(_ source: StreamSequence, to step: Step) async throws {
        let receiver = ChildProcess(command: step.receiver)
        do {
            let (outcome, status) = try await receiver.consume { input in
                await onOwnThread { Result { try source.copyNext(to: input, step) } }
            }
            if case .failure(let error) = outcome, !isBrokenPipe(error) || status.isSuccess { throw error }
            if !status.isSuccess { throw OpenError.consumerFailed(command: receiver.text, status) }
        } catch let error as ChildNotStarted {
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

    package var description: String {
        switch self {
        case .notStarted(let command, let reason): "cannot start \(command): \(reason)"
        case .senderFailed(let command, let status): "\(command) failed: \(status)"
        case .bytesBehindTheLast: "more was sent than was asked for"
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
            var copy = StreamCopy(step, output)
            while !copy.inspector.hasEnded, try fill(&state) {
                let rest = state.rest
                let count = try copy.take(state.buffer.span.extracting(rest))
                state.rest = (rest.lowerBound + count)..<rest.upperBound
            }
            try copy.finish()
        }
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

/// One stream on its way to a receiver, which gets nothing before the first command has shown whose stream it is.
private struct StreamCopy: ~Copyable {
    private let step: StreamRelay.Step
    private let output: FileDescriptor
    private(set) var inspector = SendStreamInspector()
    private var isIdentified = false
    private var bytes: UInt64 = 0
    private var held: [UInt8] = []

    init(_ step: StreamRelay.Step, _ output: FileDescriptor) {
        self.step = step
        self.output = output
    }

    /// - Returns: how many of the bytes were the stream's.
    mutating func take(_ part: Span<UInt8>) throws -> Int {
        let count = try inspector.consume(part)
        let used = part.extracting(0..<count)
        bytes += UInt64(count)
        if bytes > step.limit { throw OpenError.outputTooLarge(limit: step.limit) }
        if !isIdentified, let subvolume = inspector.subvolume {
            try step.expectation.check(subvolume)
            isIdentified = true
            try writeAll(held.span, to: output, "the receiver")
            held = []
        }
        if isIdentified {
            try writeAll(used, to: output, "the receiver")
        } else {
            for index in used.indices { held.append(used[index]) }
        }
        return count
    }

    consuming func finish() throws {
        _ = try inspector.finish()
    }
}

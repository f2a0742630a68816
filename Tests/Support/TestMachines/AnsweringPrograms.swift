import DurableFiles
import Machines
import ScratchSpace
import Synchronization
import SystemPackage

/// Stands for the programs of a machine: answers what the test wants, and remembers what was run.
package final class AnsweringPrograms: ProgramRunner {
    package typealias Answer = @Sendable (_ program: String, _ arguments: [String]) -> ProgramOutput?

    /// What a program answers to a message.
    package typealias Exchange =
        @Sendable (_ command: [String], _ message: [UInt8]) async throws -> CommandExchange.Answer

    private let answer: Answer
    private let exchange: Exchange
    private let talk: AnsweringConversation.Talk
    private let calls = Mutex<[[String]]>([])

    /// - Parameters:
    ///   - answer: nil for a program that is not there.
    ///   - exchange: such as ssh, which reaches a server.
    ///   - talk: what a program answers to a line, once it runs.
    package init(
        _ answer: @escaping Answer = { _, _ in nil },
        exchange: @escaping Exchange = { command, _ in throw DeliveryError.noSuchProgram(command[0]) },
        talk: @escaping AnsweringConversation.Talk = { _ in .notThere }
    ) {
        self.answer = answer
        self.exchange = exchange
        self.talk = talk
    }

    /// Each with its arguments; one to converse with, when it is asked first.
    package var run: [[String]] { calls.withLock { $0 } }

    package func run(
        _ program: String, _ arguments: [String], limit: Int
    ) async throws(ProgramNotStartedError) -> ProgramOutput {
        calls.withLock { $0.append([program] + arguments) }
        guard let output = answer(program, arguments) else { throw ProgramNotStartedError(program) }
        return output
    }

    package func exchange(
        _ command: [String], _ message: [CommandExchange.Part], in directory: FilePath, limit: Int, patience: Patience
    ) async throws -> CommandExchange.Answer {
        calls.withLock { $0.append(command) }
        return try await exchange(command, Self.bytes(of: message))
    }

    package func exchange(
        _ command: [String], _ message: [CommandExchange.Part], in directory: FilePath,
        reading: @escaping CommandExchange.Reading
    ) async throws -> CommandExchange.ReadOutcome {
        calls.withLock { $0.append(command) }
        let answer = try await exchange(command, Self.bytes(of: message))
        let file = try OpenFile(directory, .readWrite, options: .withoutName, permissions: .ownerReadWrite)
        try file.write(answer.bytes.span)
        try file.seek(to: 0)
        do {
            try reading(file)
            return .init(failure: nil, status: answer.status)
        } catch {
            return .init(failure: error, status: answer.status)
        }
    }

    private static func bytes(of message: [CommandExchange.Part]) -> [UInt8] {
        message.flatMap { part in
            switch part {
            case .bytes(let bytes): bytes
            case .file(let path, let count): Array((contents(path) ?? []).prefix(count))
            }
        }
    }

    package func converse(with program: String, _ arguments: [String]) -> any Conversation {
        AnsweringConversation(program, talk) { [self] in calls.withLock { $0.append([program] + arguments) } }
    }
}

/// Stands for a program that is asked line by line.
package final class AnsweringConversation: Conversation {
    package typealias Talk = @Sendable (_ line: String) -> Said

    /// What a line comes to.
    package enum Said: Sendable {
        /// Pieces in which its answer arrives; then it waits for more questions.
        case answer([String])
        /// It prints that and ends; nil where a signal ends it.
        case end(String, Int32?)
        case notThere
    }

    private struct State {
        var isRunning = false
        var status: Int32?
        var isThere = true
    }

    private let program: String
    private let talk: Talk
    private let start: @Sendable () -> Void
    private let state = Mutex(State())

    init(_ program: String, _ talk: @escaping Talk, start: @escaping @Sendable () -> Void) {
        (self.program, self.talk, self.start) = (program, talk, start)
    }

    package func ask(
        _ line: String, reading take: @escaping @Sendable ([UInt8]) -> Bool
    ) async throws(ProgramNotStartedError) -> Bool {
        let wasRunning = state.withLock { state in
            defer { state.isRunning = true }
            return state.isRunning
        }
        if !wasRunning { start() }
        switch talk(line) {
        case .answer(let pieces):
            for piece in pieces where !take(Array(piece.utf8)) { return true }
            preconditionFailure("the program would be waited for after \(line): \(pieces)")
        case .end(let text, let status):
            state.withLock { $0.status = status }
            return !text.isEmpty && !take(Array(text.utf8))
        case .notThere:
            state.withLock { $0.isThere = false }
            return false
        }
    }

    @discardableResult
    package func end() async throws(ProgramNotStartedError) -> Int32? {
        let (isThere, status) = state.withLock { state in
            defer { state = State() }
            return (state.isThere, state.status)
        }
        guard isThere else { throw ProgramNotStartedError(program) }
        return status
    }
}

internal import DurableFiles
internal import Subprocess
internal import SystemPackage
internal import Threads

/// How a child process ended.
package enum ChildStatus: Sendable, Equatable, CustomStringConvertible {
    case exited(Int32)
    case signaled(Int32)

    package var isSuccess: Bool { self == .exited(0) }

    package var description: String {
        switch self {
        case .exited(let status): "exit status \(status)"
        case .signaled(let signal): "killed by signal \(signal)"
        }
    }

    init(_ status: TerminationStatus) {
        switch status {
        case .exited(let status): self = .exited(status)
        case .signaled(let signal): self = .signaled(signal)
        }
    }
}

/// A child process could not be started at all.
struct ChildNotStartedError: Error {
    let reason: String
}

/// A command line, started without a shell. Its standard error is shown on ours.
struct ChildProcess: Sendable {
    let command: [String]

    /// How long a child that is no longer wanted may take to end by itself before it is killed.
    private static let patience = TeardownStep.gracefulShutDown(allowedDurationToNextStep: .seconds(5))

    /// The command as a person would type it, near enough for a message.
    var text: String { command.joined(separator: " ") }

    /// Runs the command with its standard output in a pipe that `consume` reads to the end.
    /// Its standard input is empty. Where `consume` fails, the pipe is closed and the child ended.
    func produce<Outcome: Sendable, Failure: Error>(
        _ consume: @escaping @Sendable (FileDescriptor) async -> Result<Outcome, Failure>
    ) async throws -> (Result<Outcome, Failure>, ChildStatus) {
        let (name, arguments) = try parts()
        let pipe = try ProcessPipe()
        let result = try await started(closing: pipe.readEnd) {
            try await ShownErrors.run(hasFailedAsSSH: { $0.terminationStatus == .exited(255) }) { errors in
                try await Subprocess.run(
                    .found(name), arguments: arguments, input: .none,
                    output: .fileDescriptor(pipe.writeEnd, closeAfterSpawningProcess: true),
                    error: .fileDescriptor(errors, closeAfterSpawningProcess: true)
                ) { child in
                    let outcome = await consume(pipe.readEnd)
                    try? pipe.readEnd.close()
                    if case .failure = outcome { await child.teardown(using: [Self.patience]) }
                    return outcome
                }
            }
        }
        return (result.closureResult, ChildStatus(result.terminationStatus))
    }

    /// Runs the command with a pipe as its standard input that `produce` writes to.
    /// Its standard output goes where our standard error goes. Where `produce` fails, the child is ended
    /// before the pipe is closed, so that it does not take what it got for the whole.
    func consume<Outcome: Sendable, Failure: Error>(
        _ produce: @escaping @Sendable (FileDescriptor) async -> Result<Outcome, Failure>
    ) async throws -> (Result<Outcome, Failure>, ChildStatus) {
        let (name, arguments) = try parts()
        let pipe = try ProcessPipe()
        let result = try await started(closing: pipe.writeEnd) {
            try await Subprocess.run(
                .found(name), arguments: arguments,
                input: .fileDescriptor(pipe.readEnd, closeAfterSpawningProcess: true),
                output: .currentStandardError, error: .currentStandardError
            ) { child in
                let outcome = await produce(pipe.writeEnd)
                if case .failure = outcome { await child.teardown(using: [Self.patience]) }
                try? pipe.writeEnd.close()
                return outcome
            }
        }
        return (result.closureResult, ChildStatus(result.terminationStatus))
    }

    private func parts() throws(ChildNotStartedError) -> (name: String, arguments: Arguments) {
        guard let name = command.first, !name.isEmpty else {
            throw ChildNotStartedError(reason: "the command is empty")
        }
        return (name, Arguments(Array(command.dropFirst())))
    }

    private func started<Value>(closing ours: FileDescriptor, _ run: () async throws -> Value) async throws -> Value {
        do {
            return try await run()
        } catch let error as SubprocessError {
            try? ours.close()
            switch error.code {
            case .executableNotFound: throw ChildNotStartedError(reason: "no such program")
            default: throw ChildNotStartedError(reason: error.underlyingError.map { "\($0)" } ?? "\(error)")
            }
        }
    }
}

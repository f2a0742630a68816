package import DurableFiles
import Glibc
package import JournalFormat
package import Sealing
import Subprocess
package import SystemPackage

/// Runs a command with a message on its standard input and reads what it answers. Its standard error is shown on ours.
package enum CommandExchange {
    /// How long a command may take to end by itself once nobody reads its output any more.
    private static let teardown = TeardownStep.gracefulShutDown(allowedDurationToNextStep: .seconds(5))

    /// A server may have to read a long journal before it says a word. Five minutes without a byte, or less than a
    /// kilobyte a second for longer, end the exchange.
    package static let usualPatience = Patience(silence: 300)

    /// One part of a message.
    package enum Part {
        case bytes([UInt8])
        /// So many bytes from the start of a file.
        case file(FilePath, count: Int)
    }

    /// What came back, and how the command ended.
    package struct Answer: Sendable {
        package let bytes: [UInt8]
        package let status: ChildStatus

        package init(bytes: [UInt8], status: ChildStatus) { (self.bytes, self.status) = (bytes, status) }
    }

    /// Takes an answer while it arrives; what it throws ends the command, but for `AnswerEndedError`.
    package typealias Reading = (borrowing OpenFile) throws -> Void

    /// What a `Reading` has come to, and how the command ended.
    package struct ReadOutcome {
        /// Nil where it has all that it wants.
        package let failure: (any Error)?
        package let status: ChildStatus

        package init(failure: (any Error)?, status: ChildStatus) { (self.failure, self.status) = (failure, status) }
    }

    /// - Parameters:
    ///   - directory: for the message's file, which has no name left once the command runs: a pipe would block where
    ///     both sides write before they read.
    ///   - limit: bytes of the answer; a longer one is refused and the command ended.
    ///   - patience: how long the answer may take.
    package static func run(
        _ command: [String], _ message: [Part], in directory: FilePath, limit: Int,
        patience: Patience = usualPatience
    ) async throws -> Answer {
        var bytes: [UInt8] = []
        let outcome = try await run(command, message, in: directory) {
            bytes = try $0.readToEnd(limit: limit, patience)
        }
        let name = command.first ?? ""
        switch outcome.failure {
        case nil: return Answer(bytes: bytes, status: outcome.status)
        case let failure as FileFailure where failure.errno == .timedOut: throw DeliveryError.answerStopped(name)
        case let failure?: throw DeliveryError.answerNotRead(name, "\(failure)")
        }
    }

    /// The same for an answer that is too long for memory.
    package static func run(
        _ command: [String], _ message: [Part], in directory: FilePath, reading: @escaping Reading
    ) async throws -> ReadOutcome {
        guard let name = command.first, !name.isEmpty else { throw DeliveryError.emptyCommand }
        let input = try unnamedFile(message, in: directory)
        let pipe = try FileDescriptor.pipe(options: .closeOnExec)
        let arguments = Arguments(Array(command.dropFirst()))
        do {
            let result = try await ShownErrors.run(hasFailedAsSSH: { $0.terminationStatus == .exited(255) }) { errors in
                try await Subprocess.run(
                    .found(name), arguments: arguments, input: .fileDescriptor(input, closeAfterSpawningProcess: true),
                    output: .fileDescriptor(pipe.writeEnd, closeAfterSpawningProcess: true),
                    error: .fileDescriptor(errors, closeAfterSpawningProcess: true)
                ) { child in
                    let failure = Self.failure(of: reading, OpenFile(adopting: pipe.readEnd, path: "the answer"))
                    // One that has ended its answer is about to say by its status why.
                    if failure != nil, !(failure is AnswerEndedError) { await child.teardown(using: [teardown]) }
                    return failure
                }
            }
            switch result.terminationStatus {
            case .exited(let status):
                return ReadOutcome(failure: result.closureResult, status: .exited(status))
            case .signaled(let signal):
                return ReadOutcome(failure: result.closureResult, status: .signaled(signal))
            }
        } catch let error as SubprocessError {
            try? pipe.readEnd.close()
            throw error.code == .executableNotFound
                ? DeliveryError.noSuchProgram(name) : DeliveryError.notStarted(name)
        }
    }

    private static func failure(of reading: Reading, _ answer: consuming OpenFile) -> (any Error)? {
        do {
            try reading(answer)
            return nil
        } catch {
            return error
        }
    }

    private static func unnamedFile(_ message: [Part], in directory: FilePath) throws -> FileDescriptor {
        let file = try OpenFile(directory, .readWrite, options: .withoutName, permissions: .ownerReadWrite)
        for part in message {
            switch part {
            case .bytes(let bytes): try file.write(bytes.span)
            case .file(let path, let count): try copy(path, count, to: file)
            }
        }
        try file.seek(to: 0)
        return file.surrender()
    }

    private static func copy(_ path: FilePath, _ count: Int, to target: borrowing OpenFile) throws {
        let source = try OpenFile(regular: path, .readOnly)
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        var left = count
        while left > 0 {
            let read = min(try source.read(into: &buffer), left)
            guard read > 0 else { throw DeliveryError.fileChanged(path) }
            try target.write(buffer.span.extracting(0..<read))
            left -= read
        }
    }
}

/// What reaches the server: hands it a delivery, once, and brings its answer.
package typealias ServerExchange = (Delivery) async throws -> [UInt8]

extension CommandExchange {
    /// By a command. An answer that arrived in full counts, however the command ended.
    package static func reaching(_ command: [String], _ machine: Machine) -> ServerExchange {
        { delivery in
            let answer = try await run(
                command, [.bytes(delivery.bytes)], in: machine.workstationState, limit: DeliveryAnswer.maximumLength)
            if !answer.status.isSuccess, (try? DeliveryAnswer(parsing: answer.bytes)) == nil {
                throw DeliveryError.noWholeAnswer(command.joined(separator: " "), answer.status.description)
            }
            return answer.bytes
        }
    }
}

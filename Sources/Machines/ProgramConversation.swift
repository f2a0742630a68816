import Glibc
import Sealing
import Subprocess
import Synchronization
import SystemPackage
import Threads

/// A conversation with a program of this machine, found by PATH. The program sees the end of its input when this is given up,
/// and when this process ends.
package final class ProgramConversation: Conversation {
    private struct Running {
        let questions: FileDescriptor
        let answers: FileDescriptor
        let program: Task<TerminationStatus, any Error>

        func close() {
            try? questions.close()
            try? answers.close()
        }
    }

    private let program: String
    private let arguments: [String]
    private let running = Mutex<Running?>(nil)

    package init(_ program: String, _ arguments: [String]) {
        (self.program, self.arguments) = (program, arguments)
    }

    deinit { running.withLock { $0?.close() } }

    package func ask(
        _ line: String, reading take: @escaping @Sendable ([UInt8]) -> Bool
    ) async throws(ProgramNotStartedError) -> Bool {
        let session = try start()
        _ = try? session.questions.writeAll("\(line)\n".utf8)
        let isWanted = Mutex(true)
        return await withTaskCancellationHandler {
            await onOwnThread { Self.read(session.answers, take) { isWanted.withLock { $0 } } }
        } onCancel: {
            isWanted.withLock { $0 = false }
        }
    }

    package func end() async throws(ProgramNotStartedError) -> Int32? {
        let session = running.withLock { running in
            defer { running = nil }
            return running
        }
        guard let session else { return nil }
        session.close()
        let status: TerminationStatus
        do { status = try await session.program.value } catch { throw ProgramNotStartedError(program) }
        if case .exited(let code) = status { return code }
        return nil
    }

    private func start() throws(ProgramNotStartedError) -> Running {
        let started = running.withLock { running in
            if let running { return Running?(running) }
            guard let questions = try? FileDescriptor.pipe(options: .closeOnExec),
                let answers = try? FileDescriptor.pipe(options: .closeOnExec)
            else { return nil }
            let (program, arguments) = (self.program, self.arguments)
            let task = Task {
                try await Subprocess.run(
                    .found(program), arguments: Arguments(arguments),
                    input: .fileDescriptor(questions.readEnd, closeAfterSpawningProcess: true),
                    output: .fileDescriptor(answers.writeEnd, closeAfterSpawningProcess: true),
                    error: .currentStandardError
                ).terminationStatus
            }
            running = Running(questions: questions.writeEnd, answers: answers.readEnd, program: task)
            return running
        }
        guard let started else { throw ProgramNotStartedError(program) }
        return started
    }

    private static func read(
        _ input: FileDescriptor, _ take: ([UInt8]) -> Bool, while isWanted: () -> Bool
    ) -> Bool {
        var buffer = [UInt8](repeating: 0, count: 1 << 12)
        while isWanted() {
            var ready = pollfd(fd: input.rawValue, events: Int16(POLLIN), revents: 0)
            if unsafe poll(&ready, 1, 200) == 0 { continue }
            guard let count = try? unsafe buffer.withUnsafeMutableBytes({ try unsafe input.read(into: $0) }), count > 0
            else { return false }
            if !take(Array(buffer[..<count])) { return true }
        }
        return false
    }
}

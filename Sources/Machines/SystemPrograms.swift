import Glibc
import Subprocess
import Synchronization
import SystemPackage
import Threads

/// Programs of this machine, found by PATH.
package struct SystemPrograms: ProgramRunner {
    package init() {}

    package func run(
        _ program: String, _ arguments: [String], limit: Int
    ) async throws(ProgramNotStartedError) -> ProgramOutput {
        let result: ExecutionResult<Void, StringOutput<UTF8>, StringOutput<UTF8>>
        do {
            result = try await Subprocess.run(
                .name(program), arguments: Arguments(arguments), output: .string(limit: limit),
                error: .string(limit: limit))
        } catch {
            throw ProgramNotStartedError(program)
        }
        return ProgramOutput(
            exitCode: Self.exitCode(result.terminationStatus), output: result.standardOutput,
            errors: result.standardError)
    }

    package func run(
        _ program: String, _ arguments: [String], reading take: @escaping @Sendable ([UInt8]) -> Bool
    ) async throws(ProgramNotStartedError) -> Int32? {
        guard let (readEnd, writeEnd) = try? FileDescriptor.pipe(options: .closeOnExec) else {
            throw ProgramNotStartedError(program)
        }
        do {
            let result = try await Subprocess.run(
                .name(program), arguments: Arguments(arguments), input: .none,
                output: .fileDescriptor(writeEnd, closeAfterSpawningProcess: true), error: .currentStandardError
            ) { _ in
                await Self.read(readEnd, take)
            }
            return Self.exitCode(result.terminationStatus)
        } catch {
            try? readEnd.close()
            throw ProgramNotStartedError(program)
        }
    }

    /// Reads to the end, or until the task is cancelled, and closes the descriptor: the program sees that.
    private static func read(_ input: FileDescriptor, _ take: @escaping @Sendable ([UInt8]) -> Bool) async {
        let isWanted = Mutex(true)
        await withTaskCancellationHandler {
            await onOwnThread { readAll(input, take) { isWanted.withLock { $0 } } }
        } onCancel: {
            isWanted.withLock { $0 = false }
        }
    }

    private static func readAll(_ input: FileDescriptor, _ take: ([UInt8]) -> Bool, while isWanted: () -> Bool) {
        defer { try? input.close() }
        var buffer = [UInt8](repeating: 0, count: 1 << 12)
        while isWanted() {
            var ready = pollfd(fd: input.rawValue, events: Int16(POLLIN), revents: 0)
            if unsafe poll(&ready, 1, 200) == 0 { continue }
            guard let count = try? unsafe buffer.withUnsafeMutableBytes({ try unsafe input.read(into: $0) }), count > 0,
                take(Array(buffer[..<count]))
            else { return }
        }
    }

    private static func exitCode(_ status: TerminationStatus) -> Int32? {
        if case .exited(let code) = status { return code }
        return nil
    }
}

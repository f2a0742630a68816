import DurableFiles
import Glibc
import JournalFormat
import Subprocess
import Synchronization
import SystemPackage
import Threads

/// The root helper, started at the first question and asked as often as a restore needs. It reads a verb and its word a
/// line, and prints lines of JSON: how far it is, then its answer, or the exit status of what it has complained of, on our
/// own standard error. It ends when nobody asks any more, and when nobody reads what it prints.
final class HelperSession: Sendable {
    private struct Running {
        let requests: FileDescriptor
        let answers: FileDescriptor
        let helper: Task<TerminationStatus, any Error>

        func close() {
            try? requests.close()
            try? answers.close()
        }
    }

    private let program: String
    private let dataset: String
    private let running = Mutex<Running?>(nil)

    init(_ program: String, _ dataset: String) {
        (self.program, self.dataset) = (program, dataset)
    }

    deinit { running.withLock { $0?.close() } }

    func ask(_ words: [String], _ progress: @escaping @Sendable (UInt64) -> Void) async throws -> JSONValue {
        let session = try start()
        _ = try? session.requests.writeAll((words.joined(separator: " ") + "\n").utf8)
        let answer = await HelperAnswer.read(from: session.answers, progress)
        do { try Task.checkCancellation() } catch {
            await end()
            throw error
        }
        guard let answer else { throw await whyItEnded(words[0]) }
        if let status = answer.object?["failed"]?.integer { throw SaidElsewhere(status: Int32(clamping: status)) }
        return answer
    }

    func end() async {
        guard let session = take() else { return }
        session.close()
        _ = try? await session.helper.value
    }

    private func take() -> Running? {
        running.withLock { running in
            defer { running = nil }
            return running
        }
    }

    private func start() throws -> Running {
        try running.withLock { running in
            if let running { return running }
            let requests = try attempt("make", "a pipe") { try FileDescriptor.pipe(options: .closeOnExec) }
            let answers = try attempt("make", "a pipe") { try FileDescriptor.pipe(options: .closeOnExec) }
            let words = ["-n", "--", program, dataset, "session"]
            let helper = Task {
                try await Subprocess.run(
                    .name("sudo"), arguments: Arguments(words),
                    input: .fileDescriptor(requests.readEnd, closeAfterSpawningProcess: true),
                    output: .fileDescriptor(answers.writeEnd, closeAfterSpawningProcess: true),
                    error: .currentStandardError
                ).terminationStatus
            }
            let session = Running(requests: requests.writeEnd, answers: answers.readEnd, helper: helper)
            running = session
            return session
        }
    }

    private func whyItEnded(_ verb: String) async -> any Error {
        guard let session = take() else { return Complaint("\(program) is not running", .failed) }
        session.close()
        guard let status = try? await session.helper.value else {
            return Complaint("sudo could not be started", hint: "apt-get install sudo, or run it as root", .failed)
        }
        switch status {
        case .signaled: return Complaint("\(program) \(verb) was killed", .failed)
        // That is also what sudo exits with, and the helper itself answers before it ends.
        case .exited(1):
            return Complaint("\(program) could not be run as root", hint: "init_LS.sh allows it to this user", .failed)
        case .exited(0): return Complaint("\(program) gave no clear answer", .failed)
        case .exited(let code): return SaidElsewhere(status: code)
        }
    }
}

/// What the root helper prints: `{"opened":BYTES}` now and then, and last its answer.
enum HelperAnswer {
    private static let lineAtMost = 1 << 16

    static func progress(_ bytes: UInt64) -> JSONObject { ["opened": .integer(Int(bytes))] }

    /// Reads to the answer, to the end, or until the task is cancelled; nil where there is none.
    static func read(
        from input: FileDescriptor, _ progress: @escaping @Sendable (UInt64) -> Void
    ) async -> JSONValue? {
        let isWanted = Mutex(true)
        return await withTaskCancellationHandler {
            await onOwnThread { answer(of: input, progress) { isWanted.withLock { $0 } } }
        } onCancel: {
            isWanted.withLock { $0 = false }
        }
    }

    private static func answer(
        of input: FileDescriptor, _ progress: (UInt64) -> Void, while isWanted: () -> Bool
    ) -> JSONValue? {
        var line: [UInt8] = []
        var byte: [UInt8] = [0]
        while isWanted() {
            var ready = pollfd(fd: input.rawValue, events: Int16(POLLIN), revents: 0)
            if unsafe poll(&ready, 1, 200) == 0 { continue }
            guard let count = try? unsafe byte.withUnsafeMutableBytes({ try unsafe input.read(into: $0) }), count > 0
            else { return nil }
            if byte[0] != UInt8(ascii: "\n") {
                line.append(byte[0])
                if line.count > lineAtMost { return nil }
                continue
            }
            guard let value = try? JSONValue(parsing: line) else { return nil }
            guard let bytes = value.object?["opened"]?.integer else { return value }
            progress(UInt64(clamping: bytes))
            line = []
        }
        return nil
    }
}

import Machines
import Synchronization

/// Stands for the programs of a machine: answers what the test wants, and remembers what was run.
package final class AnsweringPrograms: ProgramRunner {
    package typealias Answer = @Sendable (_ program: String, _ arguments: [String]) -> ProgramOutput?

    private let answer: Answer
    private let calls = Mutex<[[String]]>([])

    /// - Parameter answer: nil for a program that is not there.
    package init(_ answer: @escaping Answer = { _, _ in nil }) { self.answer = answer }

    /// Each with its arguments.
    package var run: [[String]] { calls.withLock { $0 } }

    package func run(
        _ program: String, _ arguments: [String], limit: Int
    ) async throws(ProgramNotStartedError) -> ProgramOutput {
        calls.withLock { $0.append([program] + arguments) }
        guard let output = answer(program, arguments) else { throw ProgramNotStartedError(program) }
        return output
    }
}

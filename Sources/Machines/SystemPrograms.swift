import Subprocess

/// Programs of this machine, found by PATH.
package struct SystemPrograms: ProgramRunner {
    package init() {}

    package func run(
        _ program: String, _ arguments: [String], limit: Int
    ) async throws(ProgramNotStarted) -> ProgramOutput {
        let result: ExecutionResult<Void, StringOutput<UTF8>, StringOutput<UTF8>>
        do {
            result = try await Subprocess.run(
                .name(program), arguments: Arguments(arguments), output: .string(limit: limit),
                error: .string(limit: limit))
        } catch {
            throw ProgramNotStarted(program)
        }
        var exitCode: Int32?
        if case .exited(let code) = result.terminationStatus { exitCode = code }
        return ProgramOutput(
            exitCode: exitCode, output: result.standardOutput, errors: result.standardError)
    }
}

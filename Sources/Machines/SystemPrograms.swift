package import DurableFiles
import Sealing
import Subprocess
package import SystemPackage

/// Programs of this machine, found by PATH.
package struct SystemPrograms: ProgramRunner {
    package init() {}

    package func run(
        _ program: String, _ arguments: [String], limit: Int
    ) async throws(ProgramNotStartedError) -> ProgramOutput {
        let result: ExecutionResult<Void, StringOutput<UTF8>, StringOutput<UTF8>>
        do {
            result = try await Subprocess.run(
                .found(program), arguments: Arguments(arguments), output: .string(limit: limit),
                error: .string(limit: limit))
        } catch {
            throw ProgramNotStartedError(program)
        }
        return ProgramOutput(
            exitCode: Self.exitCode(result.terminationStatus), output: result.standardOutput,
            errors: result.standardError)
    }

    package func exchange(
        _ command: [String], _ message: [CommandExchange.Part], in directory: FilePath, limit: Int, patience: Patience
    ) async throws -> CommandExchange.Answer {
        try await CommandExchange.run(command, message, in: directory, limit: limit, patience: patience)
    }

    package func exchange(
        _ command: [String], _ message: [CommandExchange.Part], in directory: FilePath,
        reading: @escaping CommandExchange.Reading
    ) async throws -> CommandExchange.ReadOutcome {
        try await CommandExchange.run(command, message, in: directory, reading: reading)
    }

    package func converse(with program: String, _ arguments: [String]) -> any Conversation {
        ProgramConversation(program, arguments)
    }

    private static func exitCode(_ status: TerminationStatus) -> Int32? {
        if case .exited(let code) = status { return code }
        return nil
    }
}

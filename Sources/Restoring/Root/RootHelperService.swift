import Backup
import DurableFiles
import Glibc
import JournalFormat
package import Machines
package import SystemPackage
import Threads

/// The helper's side: what it is asked in one line of words, or in a session of them, and what it answers.
package struct RootHelperService: Sendable {
    /// No line that may be asked is as long.
    private static let longestLine = 256

    private let machine: Machine
    private let steps: any RootSteps
    private let requirePlaces: @Sendable () throws -> Void
    private let output: Output

    package struct Output: Sendable {
        /// Puts out an answer, one line of JSON.
        let answer: @Sendable (String) -> Void
        /// Puts out a line that says how far it is; nobody need read it.
        let progress: @Sendable (String) -> Void
        /// Says what failed, and returns the exit status for it.
        let tell: @Sendable (any Error) -> Int

        package init(
            answer: @escaping @Sendable (String) -> Void, progress: @escaping @Sendable (String) -> Void,
            tell: @escaping @Sendable (any Error) -> Int
        ) {
            self.answer = answer
            self.progress = progress
            self.tell = tell
        }
    }

    package init(_ machine: Machine, _ output: Output) {
        self.init(machine, PrivilegedRestore(machine), output) { try RootPlaces(machine).requireServer() }
    }

    /// - Parameter requirePlaces: refuses places where another user could steer root's work; asked before each answer.
    package init(
        _ machine: Machine, _ steps: any RootSteps, _ output: Output,
        requirePlaces: @escaping @Sendable () throws -> Void
    ) {
        self.machine = machine
        self.steps = steps
        self.output = output
        self.requirePlaces = requirePlaces
    }

    /// - Parameter input: where the lines of a session come from.
    package func run(_ words: [String], linesFrom input: FileDescriptor) async throws {
        let line = words.joined(separator: " ")
        guard line == RootHelperCall.session else { return try await answer(line) }
        while let line = await Self.nextLine(from: input) { try await answerInSession(line) }
    }

    private func answer(_ line: String) async throws {
        try requirePlaces()
        let call = try RootHelperCall(line: line, dataset: machine.dataset)
        let progress = HelperProgress(output.progress)
        let listed = HelperListing(output.answer)
        let answer = try await call.answer(by: steps, progress: { progress.opened($0) }, text: { listed.append($0) })
        listed.finish()
        output.answer(answer.text)
    }

    /// What it fails with is said and answered, and the session continues.
    private func answerInSession(_ line: String) async throws {
        do {
            try await answer(line)
        } catch {
            try Task.checkCancellation()
            output.answer(JSONValue.object(["failed": .integer(output.tell(error))]).text)
        }
    }

    /// Nil at the end, and for what is far too long.
    private static func nextLine(from input: FileDescriptor) async -> String? {
        await onOwnThread {
            var line: [UInt8] = []
            var byte: [UInt8] = [0]
            while line.count < longestLine {
                guard let count = try? unsafe byte.withUnsafeMutableBytes({ try unsafe input.read(into: $0) }),
                    count > 0
                else { return nil }
                if byte[0] == UInt8(ascii: "\n") { return String(decoding: line, as: UTF8.self) }
                line.append(byte[0])
            }
            return nil
        }
    }
}

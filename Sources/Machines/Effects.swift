package import DurableFiles
package import JournalFormat
package import JournalStore
package import SystemPackage

/// What an operation needs besides the files of its machine. It is passed in, so that a test passes its own: a clock
/// that stands, a reporter that remembers, programs that answer what the test wants.
package struct Effects: Sendable {
    package let clock: any WallClock
    package let reporter: any Reporter
    package let programs: any ProgramRunner

    package init(clock: any WallClock, reporter: any Reporter, programs: any ProgramRunner) {
        self.clock = clock
        self.reporter = reporter
        self.programs = programs
    }
}

/// What time it is here, and whether anybody vouches for it.
package protocol WallClock: Sendable {
    func now() -> Timestamp
    /// Whether the kernel reports the clock as synchronised.
    func isSynchronised() -> Bool
    /// The calendar's year and month (1 to 12) by local time.
    func month() -> (year: Int, month: Int)
    /// Returns so much later.
    func pause(milliseconds: Int)
}

/// Where an operation says what it does. Nothing of it is a result: what a caller needs is returned.
package protocol Reporter: Sendable {
    func say(_ text: String)
    func warn(_ text: String)
    /// In words what went wrong, for a sentence that continues after it.
    func message(of error: any Error) -> String
    /// What mends it, where that is known.
    func hint(of error: any Error) -> String?
    /// What is durable from now on, so that it can be said also where standard output cannot be written.
    func recorded(_ receipts: [Receipt])
    /// The same for events in the outbox.
    func queued(_ events: [EventID])
    /// - Parameters:
    ///   - total: bytes in all, where that is known.
    ///   - done: bytes of an earlier run that are there already.
    func progress(_ title: String, total: Int?, done: Int) -> any ProgressMeter
}

extension Reporter {
    package func progress(_ title: String, total: Int?) -> any ProgressMeter { progress(title, total: total, done: 0) }
}

/// How far something is: `reached` from any thread, as often as one likes, then `finish` once.
package protocol ProgressMeter: Sendable {
    /// So many bytes are done in all.
    func reached(_ done: Int)
    func finish()
}

/// Runs other programs: `btrfs`, `rm`, `sudo`.
package protocol ProgramRunner: Sendable {
    /// Runs it to its end, without input. What it prints beyond `limit` bytes is refused.
    func run(_ program: String, _ arguments: [String], limit: Int) async throws(ProgramNotStartedError) -> ProgramOutput
    /// Hands a program a message and brings its whole answer, as `CommandExchange.run` says.
    func exchange(
        _ command: [String], _ message: [CommandExchange.Part], in directory: FilePath, limit: Int, patience: Patience
    ) async throws -> CommandExchange.Answer
    /// The same for an answer that is taken while it arrives.
    func exchange(
        _ command: [String], _ message: [CommandExchange.Part], in directory: FilePath,
        reading: @escaping CommandExchange.Reading
    ) async throws -> CommandExchange.ReadOutcome
    /// A program to be asked line by line, which is started at the first question.
    func converse(with program: String, _ arguments: [String]) -> any Conversation
}

/// A program that is asked as often as one likes: a line to its standard input, and what it prints is the answer. Its
/// standard error is ours. One question at a time.
package protocol Conversation: Sendable {
    /// Starts the program where it does not run.
    ///
    /// - Parameter take: takes what is printed while it comes; false once that is the whole answer.
    /// - Returns: whether `take` had enough; false where the program ended before that, or the task was cancelled.
    func ask(_ line: String, reading take: @escaping @Sendable ([UInt8]) -> Bool) async throws(ProgramNotStartedError)
        -> Bool
    /// Ends its input and waits for its end.
    ///
    /// - Returns: its exit code; nil where a signal ended it, or it does not run.
    @discardableResult
    func end() async throws(ProgramNotStartedError) -> Int32?
}

package struct ProgramOutput: Sendable, Equatable {
    /// Nil where a signal ended it.
    package let exitCode: Int32?
    package let output: String
    package let errors: String

    package init(exitCode: Int32?, output: String = "", errors: String = "") {
        self.exitCode = exitCode
        self.output = output
        self.errors = errors
    }

    package var isSuccess: Bool { exitCode == 0 }
}

/// There is no such program, or it could not be run.
package struct ProgramNotStartedError: Error, Equatable {
    package let program: String

    package init(_ program: String) { self.program = program }
}

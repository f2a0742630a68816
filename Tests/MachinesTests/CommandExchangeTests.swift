import DurableFiles
import Machines
import ScratchSpace
import Testing

@Suite("A command that answers a message")
struct CommandExchangeTests {
    private struct Unwanted: Error {}

    private let scratch: ScratchDirectory

    init() throws { scratch = try ScratchDirectory() }

    private func run(
        _ script: String, reading: @escaping CommandExchange.Reading
    ) async throws -> CommandExchange.ReadOutcome {
        try await CommandExchange.run(
            ["bash", "-c", script], [.bytes(Array("message".utf8))], in: scratch.path, reading: reading)
    }

    @Test("an answer is taken while it arrives, and the status is the command's")
    func taken() async throws {
        var line: [UInt8]?
        let outcome = try await run("cat; echo; exit 3") { line = try $0.readLine(limit: 100, .init(silence: 20)) }
        #expect(outcome.failure == nil && line == Array("message".utf8))
        #expect(outcome.status == .exited(3))
    }

    @Test("a command that ends its answer early is left to say by its status why")
    func ended() async throws {
        let outcome = try await run("exec >&-; sleep 0.5; exit 6") { answer in
            if try answer.readLine(limit: 100, .init(silence: 20)) == nil { throw AnswerEndedError(hasBegun: false) }
        }
        #expect(outcome.failure is AnswerEndedError)
        #expect(outcome.status == .exited(6))
    }

    @Test("a command whose answer is not wanted is ended, though it would not end")
    func unwanted() async throws {
        let outcome = try await run("trap '' PIPE; while :; do echo more; sleep 0.01; done 2>&-") { _ in
            throw Unwanted()
        }
        #expect(outcome.failure is Unwanted)
        #expect(!outcome.status.isSuccess)
    }
}

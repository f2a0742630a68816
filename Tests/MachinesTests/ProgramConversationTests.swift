import DurableFiles
import Foundation
import Machines
import ScratchSpace
import Synchronization
import Testing

/// Real programs: a shell that answers lines.
@Suite("A program that is asked line by line", .timeLimit(.minutes(10)))
struct ProgramConversationTests {
    private let scratch: ScratchDirectory

    init() throws {
        scratch = try ScratchDirectory()
        // As the command does: a program that is gone must not end us.
        signal(SIGPIPE, SIG_IGN)
    }

    /// - Parameter script: finds the scratch directory in `$0`.
    private func shell(_ script: String) -> ProgramConversation {
        ProgramConversation("sh", ["-c", script, scratch.path.string])
    }

    private func says(_ file: String) -> String? {
        contents(scratch.path.appending(file)).map { String(decoding: $0, as: UTF8.self) }
    }

    private final class Heard: Sendable {
        private let bytes = Mutex<[UInt8]>([])
        var text: String { bytes.withLock { String(decoding: $0, as: UTF8.self) } }

        /// - Returns: whether the line is still without its end.
        func take(_ piece: [UInt8]) -> Bool {
            bytes.withLock { bytes in
                bytes += piece
                return bytes.last != UInt8(ascii: "\n")
            }
        }
    }

    /// The answer; nil where the program ended before it was whole.
    private func ask(_ conversation: ProgramConversation, _ line: String) async throws -> String? {
        let heard = Heard()
        return try await conversation.ask(line, reading: heard.take) ? heard.text : nil
    }

    @Test("one process answers every question, and is started at the first")
    func questions() async throws {
        let conversation = shell(
            "echo started >>\"$0/starts\"; while read -r line; do echo \"<$line>\"; done; echo over >\"$0/end\"; exit 3"
        )
        #expect(try await conversation.end() == nil)
        #expect(says("starts") == nil)
        #expect(try await ask(conversation, "one") == "<one>\n")
        #expect(try await ask(conversation, "two words") == "<two words>\n")
        #expect(says("starts") == "started\n" && says("end") == nil)
        #expect(try await conversation.end() == 3)
        #expect(says("end") == "over\n", "it saw the end of its input, and was waited for")
        #expect(try await ask(conversation, "three") == "<three>\n")
        #expect(says("starts") == "started\nstarted\n")
    }

    @Test("an answer is read in the pieces in which it comes, up to where it is whole")
    func pieces() async throws {
        let conversation = shell("read -r line; printf 'a'; sleep 0.1; printf 'b'; sleep 0.1; echo c; cat")
        #expect(try await ask(conversation, "?") == "abc\n")
    }

    @Test("one that ends before its answer is whole has no answer, and it returns its exit code")
    func ended() async throws {
        let conversation = shell("read -r line; printf 'half'; exit 7")
        #expect(try await ask(conversation, "?") == nil)
        #expect(try await conversation.end() == 7)
    }

    @Test("one that is asked after its end has no answer either")
    func askedAfterTheEnd() async throws {
        let conversation = shell("read -r line; echo first; exit 6")
        #expect(try await ask(conversation, "?") == "first\n")
        #expect(try await ask(conversation, "?") == nil)
        #expect(try await conversation.end() == 6)
    }

    @Test("one that a signal ends has no exit code")
    func killed() async throws {
        let conversation = shell("read -r line; kill -KILL $$")
        #expect(try await ask(conversation, "?") == nil)
        #expect(try await conversation.end() == nil)
    }

    @Test("a program that is not there was not started")
    func notThere() async throws {
        let conversation = ProgramConversation("devjournal-no-such-program", [])
        await #expect(throws: ProgramNotStartedError("devjournal-no-such-program")) {
            _ = try await ask(conversation, "?")
            _ = try await conversation.end()
        }
    }

    @Test("a question is given up when its task is cancelled, and the program ends as usual")
    func cancelled() async throws {
        let conversation = shell("while read -r line; do echo asked >\"$0/asked\"; done; exit 4")
        let question = Task { try await ask(conversation, "?") }
        try await until { says("asked") != nil }
        question.cancel()
        #expect(try await question.value == nil)
        #expect(try await conversation.end() == 4)
    }

    @Test("one that nobody has any more sees the end of its input")
    func dropped() async throws {
        var conversation: ProgramConversation? = shell("while read -r line; do echo yes; done; echo over >\"$0/end\"")
        if let conversation { #expect(try await ask(conversation, "?") == "yes\n") }
        #expect(says("end") == nil)
        conversation = nil
        try await until { says("end") == "over\n" }
    }

    @Test("no program keeps another one's input open")
    func several() async throws {
        let echo = "while read -r line; do echo \"$line\"; done"
        let (first, second) = (shell(echo), shell(echo))
        #expect(try await ask(first, "a") == "a\n")
        #expect(try await ask(second, "b") == "b\n")
        #expect(try await first.end() == 0)
        #expect(try await ask(second, "c") == "c\n")
        #expect(try await second.end() == 0)
    }

    /// Waits for what another process does; the suite's limit ends it.
    private func until(_ isSo: () -> Bool) async throws {
        while !isSo() { try await Task.sleep(for: .milliseconds(10)) }
    }
}

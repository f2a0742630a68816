import Backup
import Digest
import JournalFormat
import Machines
import Synchronization
import SystemPackage
import TestMachines
import TestRestoring
import Testing

@testable import Restoring

/// Numbers that were reported, in order.
private final class Told: Sendable {
    private let numbers = Mutex<[UInt64]>([])
    var all: [UInt64] { numbers.withLock { $0 } }
    func tell(_ number: UInt64) { numbers.withLock { $0.append(number) } }
}

@Suite("What the root helper prints")
struct HelperAnswerTests {
    private func answer(_ pieces: String...) -> (JSONValue?, [UInt64], wantsMore: Bool) {
        let told = Told()
        let answer = HelperAnswer(told.tell)
        var wantsMore = true
        for piece in pieces { wantsMore = answer.take(Array(piece.utf8)) }
        return (answer.value, told.all, wantsMore)
    }

    @Test("progress is reported, and the last line is the answer")
    func progress() {
        let (value, told, _) = answer("{\"opened\":5}\n{\"opened\":9}\n\"name\"\n")
        #expect(value == .string("name"))
        #expect(told == [5, 9])
    }

    @Test("lines arrive in whatever pieces")
    func pieces() {
        let (value, told, _) = answer("{\"ope", "ned\":5}", "\nnu", "ll\n")
        #expect(value == .null)
        #expect(told == [5])
    }

    @Test("an answer without its line's end is none")
    func cut() {
        #expect(answer("\"name\"").0 == nil)
        #expect(answer("").0 == nil)
    }

    @Test("what is not JSON is not an answer", arguments: ["sudo: a password is required\n", "{\"opened\":\n", "\n"])
    func bad(text: String) { #expect(answer(text).0 == nil) }

    @Test("a bad last line is not covered up by a good one before it")
    func badLast() { #expect(answer("\"name\"\nrubbish\n").0 == nil) }

    @Test("a line of the longest length is taken, one byte more ends it, and nothing after it counts")
    func long() {
        let text = "\"" + String(repeating: "a", count: HelperAnswer.longestLine - 2) + "\""
        #expect(answer("\(text)\n").0 != nil)
        let (value, told, wantsMore) = answer("a\(text)", "\n{\"opened\":1}\nnull\n")
        #expect(value == nil)
        #expect(told.isEmpty)
        #expect(!wantsMore)
    }

    @Test("a negative number of bytes is none")
    func negative() { #expect(answer("{\"opened\":-1}\nnull\n").1 == [0]) }
}

@Suite("Root's steps by the helper")
struct RootHelperTests {
    private let label = TestMachine.label("2026-01")

    private func helper(
        _ talk: @escaping AnsweringConversation.Talk
    ) throws -> (RootHelper, AnsweringPrograms) {
        let programs = AnsweringPrograms(talk: talk)
        return (RootHelper(try TestMachine.server(programs: programs).machine), programs)
    }

    private func helper(answering text: String) throws -> RootHelper { try helper { _ in .answer([text]) }.0 }
    private func helper(ending status: Int32?, _ text: String = "") throws -> RootHelper {
        try helper { _ in .end(text, status) }.0
    }

    @Test("one process of it is asked through sudo for each verb of a data set, and a label where there is one")
    func words() async throws {
        let lines = Mutex<[String]>([])
        let (helper, programs) = try helper { line in
            lines.withLock { $0.append(line) }
            return .answer(["null\n"])
        }
        #expect(programs.run.isEmpty, "nothing was asked yet")
        try await helper.clear()
        try await helper.requirePlace()
        try await helper.compare(label)
        #expect(try await helper.subvolume(label) == nil)
        #expect(programs.run == [["sudo", "-n", "--", "/usr/local/libexec/devjournal-root", "dev", "session"]])
        #expect(
            lines.withLock { $0 } == ["clear", "place", "compare dev@2026-01", "subvolume dev@2026-01"])
    }

    @Test("a snapshot goes through it as it was, and so does what became of the working copy")
    func roundTrip() async throws {
        let snapshot = Btrfs.Subvolume(
            uuid: "own", receivedUUID: "theirs", parentUUID: nil, isReadOnly: true, isUntouched: false)
        let reader = try helper(answering: JSONValue.object(snapshot.json).text + "\n")
        #expect(try await reader.subvolume(label) == snapshot)
        #expect(try await reader.receive(label) { _ in } == snapshot)
        let outcome = WorkingCopy.Outcome(
            isNew: true, kept: "/home/code.before-1", unpowered: .init(setID: 1, capabilities: 0, devices: 2))
        let follower = try helper(answering: JSONValue.object(outcome.json).text + "\n")
        #expect(try await follower.follow(label) == outcome)
    }

    @Test("progress arrives while it works, and is not the answer")
    func progress() async throws {
        let snapshot = JSONValue.object(RememberingSteps.snapshot(of: "theirs").json).text
        let (helper, _) = try helper { _ in .answer(["{\"opened\":5}\n{\"op", "ened\":9}\n", "\(snapshot)", "\n"]) }
        let told = Told()
        #expect(try await helper.receive(label, progress: told.tell).receivedUUID == "theirs")
        #expect(told.all == [5, 9])
    }

    @Test("a listing arrives in pieces, as it was made, and then its hash", arguments: [0, 1, 16_384, 100_000])
    func listing(length: Int) async throws {
        let text = (0..<length).map { $0 % 100 == 99 ? UInt8(ascii: "\n") : UInt8(ascii: "\\") }
        let lines = Mutex<[String]>([])
        let printed = HelperListing { line in lines.withLock { $0.append(line + "\n") } }
        for start in stride(from: 0, to: length, by: 70) {
            printed.append(Array(text[start..<min(start + 70, length)]))
        }
        printed.finish()
        let pieces = lines.withLock { $0 }
        #expect(pieces.allSatisfy { $0.utf8.count < HelperAnswer.longestLine })
        let (helper, _) = try helper { _ in .answer(pieces + ["\"hash\"\n"]) }
        let found = Mutex<[UInt8]>([])
        #expect(try await helper.list(label) { piece in found.withLock { $0 += piece } } == "hash")
        #expect(found.withLock { $0 } == text)
    }

    @Test("an answer that is not one of the verb's is unclear", arguments: ["null\n", "{}\n", "rubbish\n", "[]\n"])
    func unclear(output: String) async throws {
        let helper = try helper(answering: output)
        await #expect(throws: RootHelperError.unclear) { _ = try await helper.receive(label) { _ in } }
        await #expect(throws: RootHelperError.unclear) { _ = try await helper.follow(label) }
        await #expect(throws: RootHelperError.unclear) { _ = try await helper.withdraw(label) }
    }

    @Test("half an answer and an end without one are unclear", arguments: ["", "nul", "{\"opened\":1}\n"])
    func cut(output: String) async throws {
        let helper = try helper(ending: 0, output)
        await #expect(throws: RootHelperError.unclear) { try await helper.clear() }
    }

    @Test("what failed has the helper's exit status, also 1, and the session continues")
    func failed() async throws {
        let (helper, programs) = try helper { line in
            .answer([line == "clear" ? "null\n" : line == "place" ? "{\"failed\":6}\n" : "{\"failed\":1}\n"])
        }
        await #expect(throws: SaidElsewhereError(status: 1)) { try await helper.compare(label) }
        await #expect(throws: SaidElsewhereError(status: 6)) { try await helper.requirePlace() }
        try await helper.clear()
        #expect(programs.run.count == 1)
    }

    @Test(
        "an end without an answer is sudo's refusal, the helper's own status, or a kill; the next question starts another"
    )
    func ended() async throws {
        let refused = try helper(ending: 1)
        await #expect(throws: RootHelperError.notAllowed) { try await refused.clear() }
        await #expect(throws: RootHelperError.notAllowed) { try await refused.compare(label) }
        let failed = try helper(ending: 6)
        await #expect(throws: SaidElsewhereError(status: 6)) { try await failed.clear() }
        let (killed, programs) = try helper { $0 == "clear" ? .end("", nil) : .answer(["null\n"]) }
        await #expect(throws: RootHelperError.killed("clear")) { try await killed.clear() }
        try await killed.requirePlace()
        #expect(programs.run.count == 2)
    }

    @Test("without sudo the hint says what brings it")
    func noSudo() async throws {
        let helper = RootHelper(try TestMachine.server().machine)
        let error = await #expect(throws: RootHelperError.self) { try await helper.clear() }
        #expect(error == .sudoNotStarted)
        #expect(error?.hint == "apt-get install sudo, or run it as root")
    }
}

@Suite("What the root helper may be asked")
struct RootHelperCallTests {
    private let label = TestMachine.label("2026-01")

    @Test("a verb takes exactly its words", arguments: RootHelperCall.Verb.allCases)
    func words(verb: RootHelperCall.Verb) throws {
        let takesLabel = verb != .clear && verb != .place
        let call = try RootHelperCall(verb, takesLabel ? ["dev@2026-01"] : [], dataset: "dev")
        #expect(call.verb == verb)
        let wrong = takesLabel ? [] : ["dev@2026-01"]
        let count = takesLabel ? "1 word" : "0 words"
        #expect(throws: RootHelperError.wordCount(verb.rawValue, words: count)) {
            try RootHelperCall(verb, wrong, dataset: "dev")
        }
        #expect(throws: RootHelperError.self) { try RootHelperCall(verb, ["a", "b"], dataset: "dev") }
    }

    @Test(
        "what is not a label of the data set is refused",
        arguments: ["other@2026-01", "latest", "2026-01", "dev@2026-13", "../dev@2026-01", "dev@2026-01/..", ""])
    func labels(word: String) {
        #expect(throws: RootHelperError.notALabel(dataset: "dev")) {
            try RootHelperCall(.follow, [word], dataset: "dev")
        }
    }

    @Test("each asks for its own step, and answers as the helper prints it")
    func answers() async throws {
        let steps = RememberingSteps()
        steps.put(label, listing: [1, 2, 3])
        let listed = Mutex<[UInt8]>([])
        func answer(_ verb: RootHelperCall.Verb, _ words: String...) async throws -> JSONValue {
            try await RootHelperCall(verb, words, dataset: "dev").answer(
                by: steps, progress: { _ in }, text: { text in listed.withLock { $0 += text } })
        }
        #expect(try await answer(.subvolume, "dev@2026-01") == .null)
        #expect(
            try await answer(.receive, "dev@2026-01").object?["received_uuid"] == .string(TestMachine.uuid("2026-01")))
        #expect(try await answer(.subvolume, "dev@2026-01").object?["read_only"] == .bool(true))
        #expect(try await answer(.compare, "dev@2026-01") == .null)
        #expect(try await answer(.list, "dev@2026-01") == .string(SHA256.hash([1, 2, 3].span).hex))
        #expect(listed.withLock { $0 } == [1, 2, 3])
        #expect(try await answer(.follow, "dev@2026-01").object?["new"] == .bool(true))
        #expect(try await answer(.withdraw, "dev@2026-01") == .string("dev@2026-01.withdrawn-own"))
        #expect(try await answer(.clear) == .null)
        #expect(try await answer(.place) == .null)
        #expect(
            steps.done == [
                "receive dev@2026-01", "compare dev@2026-01", "list dev@2026-01", "follow dev@2026-01",
                "withdraw dev@2026-01", "clear", "place",
            ])
    }
}

@Suite("How far the root helper is")
struct HelperProgressTests {
    @Test("lines come at most some times a second, and are what the other side reads")
    func pace() {
        let time = Mutex(ContinuousClock.now)
        let lines = Mutex<[String]>([])
        let progress = HelperProgress(now: { time.withLock { $0 } }) { line in lines.withLock { $0.append(line) } }
        progress.opened(1)
        progress.opened(2)
        time.withLock { $0 += HelperProgress.interval }
        progress.opened(3)
        #expect(lines.withLock { $0 } == ["{\"opened\":1}\n", "{\"opened\":3}\n"])
        let told = Told()
        let answer = HelperAnswer(told.tell)
        for line in lines.withLock({ $0 }) { _ = answer.take(Array(line.utf8)) }
        #expect(told.all == [1, 3])
    }
}

@Suite("A session of the root helper")
struct RootHelperServiceTests {
    private let steps = RememberingSteps()

    /// What is answered to these words, and to these lines where the words open a session.
    private func answers(_ words: [String], _ lines: String = "", places: Bool = true) async throws -> [String] {
        let (input, other) = try FileDescriptor.pipe()
        try other.writeAll(Array(lines.utf8))
        try other.close()
        defer { try? input.close() }
        let said = Said()
        let service = RootHelperService(
            try TestMachine.server().machine, steps,
            .init(answer: said.say, progress: { _ in }, tell: { ($0 as? RestoreError) == nil ? 64 : 6 })
        ) { if !places { throw RestoreError.keepsNoWorkingCopy } }
        try await service.run(words, linesFrom: input)
        return said.all
    }

    private final class Said: Sendable {
        private let lines = Mutex<[String]>([])
        var all: [String] { lines.withLock { $0 } }
        func say(_ line: String) { lines.withLock { $0.append(line) } }
    }

    @Test("one call is answered, and what it fails with is thrown")
    func once() async throws {
        #expect(try await answers(["clear"]) == ["null"])
        await #expect(throws: RootHelperError.self) { _ = try await answers(["clear", "dev@2026-01"]) }
        await #expect(throws: RestoreError.keepsNoWorkingCopy) { _ = try await answers(["clear"], places: false) }
    }

    @Test("in a session each line is answered, and one that fails does not end it")
    func session() async throws {
        let lines = "place\nsubvolume other@2026-01\nclear\nsubvolume dev@2026-01\n"
        #expect(try await answers([RootHelperCall.session], lines) == ["null", "{\"failed\":64}", "null", "null"])
        #expect(steps.done == ["place", "clear"])
        #expect(try await answers([RootHelperCall.session], "clear\n", places: false) == ["{\"failed\":6}"])
    }

    @Test("a line that is far too long, or has no end, ends it")
    func long() async throws {
        let long = String(repeating: "a", count: 300)
        #expect(try await answers([RootHelperCall.session], "clear\n\(long)\nclear\n") == ["null"])
        #expect(try await answers([RootHelperCall.session], "clear") == [])
    }

    @Test("the asking side knows an answer from a word on how far it is, and does not wait after nonsense")
    func whole() {
        let answer = HelperAnswer { _ in }
        _ = answer.take(Array("{\"opened\":5}\n".utf8))
        #expect(!answer.isWhole)
        _ = answer.take(Array("nul".utf8))
        #expect(!answer.isWhole)
        _ = answer.take(Array("l\n".utf8))
        #expect(answer.isWhole)
        let other = HelperAnswer { _ in }
        _ = other.take(Array("nonsense\n".utf8))
        #expect(other.isWhole)
        #expect(other.value == nil)
    }
}

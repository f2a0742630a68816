import Backup
import Browsing
import Foundation
import JournalFormat
import Machines
import Restoring
import Serving
import TestMachines
import TestServing
import Testing

@Suite("Files and names for a workstation, on the server")
struct ReadingTests {
    /// Bytes of the line before a frame.
    private let mark = ReadAnswer.FrameMark.follows.line.utf8.count

    /// - Parameter bytes: of the file `large`.
    private func server(_ settings: [String] = [], large bytes: Int = 1000) async throws -> AskedServer {
        let asked = try AskedServer(settings)
        let large = (0..<bytes).map { UInt8(truncatingIfNeeded: $0 ^ $0 >> 8 ^ $0 >> 13) }
        try await asked.register("2026-01", [("a file", Array("one".utf8)), ("large", large)])
        try await asked.register("2026-02", [("new", Array("two".utf8))], over: "2026-01")
        return asked
    }

    private func read(
        _ label: String, _ catalogues: [String], _ paths: [String]?, _ asked: AskedServer
    ) async throws -> (answer: ReadAnswer, rest: Int) {
        let request = ReadRequest(catalogues: catalogues.map(TestMachine.label), paths: paths)
        let bytes = try await asked.ask("read dev@\(label)", sending: Array(request.line.utf8)).bytes
        let end = try #require(bytes.firstIndex(of: UInt8(ascii: "\n")))
        return (try #require(ReadAnswer(parsing: Array(bytes[..<end]))), bytes.count - end - 1)
    }

    private func released(_ asked: AskedServer) throws -> [JSONObject] {
        var found: [JSONObject] = []
        _ = try asked.machine.replay { record, _ in
            if record.event.type == "restore.released" { found.append(record.event.data) }
        }
        return found
    }

    @Test("names alone: the catalogues that were asked for, and the record of them names no path")
    func names() async throws {
        let asked = try await server()
        let (answer, rest) = try await read("2026-02", ["2026-02", "2026-01"], nil, asked)
        #expect(answer.frames == 0 && answer.bytes == 0)
        #expect(answer.catalogues.count == 2 && rest == answer.catalogues.reduce(0, +))
        let release = try #require(try released(asked).first)
        #expect(try released(asked).count == 1)
        #expect(release["label"] == .string("dev@2026-02") && release["paths"] == .array([]))
        #expect(release["chain"] == .array([.string("dev@2026-01"), .string("dev@2026-02")]))
        #expect(release["to"] == .string("ws \(asked.server.author.id)") && release["confirmed"] == nil)
        _ = try await read("2026-02", ["2026-02"], nil, asked)
        #expect(try released(asked).last?["chain"] == .array([.string("dev@2026-02")]))
    }

    @Test("a file: the frames that it lies in and no other, and the record names it")
    func file() async throws {
        let asked = try await server(large: 9_000_000)
        let (small, rest) = try await read("2026-02", [], ["new"], asked)
        #expect(small.frames == 1 && small.catalogues.isEmpty && rest == mark + small.bytes)
        let (large, _) = try await read("2026-02", [], ["large"], asked)
        #expect(large.frames == 3)
        let (escaped, _) = try await read("2026-01", [], ["a\\x20file"], asked)
        #expect(escaped.frames == 1)
        let (all, allBytes) = try await read("2026-02", ["2026-01"], [], asked)
        #expect(all.frames == 4 && allBytes == 4 * mark + all.bytes + all.catalogues[0])
        #expect(
            try released(asked).map { $0["paths"] } == [
                .array([.string("new")]), .array([.string("large")]), .array([.string("a\\x20file")]),
                .array([.string(".")]),
            ])
    }

    @Test("of a frame that is damaged a mark alone leaves, and the others leave whole")
    func damaged() async throws {
        let asked = try await server(large: 9_000_000)
        let entry = try #require(try asked.machine.state().entries[TestMachine.label("2026-01")])
        let artifact = asked.machine.server.root.appending(entry.localPath).string
        var bytes = try Data(contentsOf: URL(filePath: artifact))
        bytes[bytes.count / 2] ^= 1
        // An artifact is nobody's to write to: another file in its place.
        try FileManager.default.removeItem(atPath: artifact)
        try bytes.write(to: URL(filePath: artifact))
        let (answer, rest) = try await read("2026-02", [], ["large"], asked)
        #expect(answer.frames == 3)
        let damaged = ReadAnswer.FrameMark.damaged.line.utf8.count
        #expect(rest < answer.bytes && rest > 2 * mark + damaged)
        #expect(asked.server.reporter.warned.contains { $0.contains("the artifact of dev@2026-01 cannot be used") })
    }

    @Test("where a person has to allow it nothing leaves before, whatever is asked for: not even what there is")
    func waits() async throws {
        let asked = try await server(["RELEASE=confirm"])
        let label = TestMachine.label("2026-02")
        let before = try asked.server.types()
        for line in [
            ReadRequest(catalogues: [label], paths: nil).line, ReadRequest(catalogues: [], paths: ["new"]).line,
            ReadRequest(catalogues: [], paths: ["no/such"]).line, "nonsense\n", "",
        ] {
            await #expect(throws: RestoreError.waitsForRelease(label, workstation: "ws")) {
                _ = try await asked.ask("read dev@2026-02", sending: Array(line.utf8))
            }
        }
        // A word for one label is none for another.
        let release = RestoreRelease(asked.machine) { _ in }
        _ = try release.allow("2026-01", to: "ws")
        await #expect(throws: RestoreError.waitsForRelease(label, workstation: "ws")) {
            _ = try await read("2026-02", [], ["new"], asked)
        }
        #expect(try asked.server.types() == before)
        _ = try release.allow("2026-02", to: "ws")
        _ = try await read("2026-02", [], ["new"], asked)
        #expect(try released(asked).last?["confirmed"] != nil)
        asked.server.clock.pass(days: 1, seconds: 1)
        await #expect(throws: RestoreError.waitsForRelease(label, workstation: "ws")) {
            _ = try await read("2026-02", [], ["new"], asked)
        }
    }

    @Test(
        "what no workstation asks for is refused, and nothing is recorded",
        arguments: [
            "", "\n", "nonsense\n", "{}\n", #"{"catalogues":[],"paths":null}"# + "\n",
            #"{"catalogues":["other@2026-01"],"paths":null}"# + "\n", #"{"catalogues":[7],"paths":null}"# + "\n",
            #"{"catalogues":["dev@2026-01","dev@2026-01"],"paths":null}"# + "\n",
            #"{"catalogues":[],"paths":[1]}"# + "\n", #"{"catalogues":[],"paths":"new"}"# + "\n",
            #"{"catalogues":[],"paths":["new"]}"#,
            ReadRequest(catalogues: [], paths: Array(repeating: "a", count: ReadRequest.mostPaths + 1)).line,
            ReadRequest(catalogues: [], paths: [String(repeating: "a", count: ReadRequest.longestLine)]).line,
        ])
    func notAReading(_ text: String) async throws {
        let asked = try await server()
        await #expect(throws: ServingError.notAReading) {
            _ = try await asked.ask("read dev@2026-01", sending: Array(text.utf8))
        }
        #expect(try released(asked).isEmpty)
    }

    @Test(
        "what cannot be a path, or is not there, is refused, and nothing is recorded",
        arguments: ["/etc/passwd", "../new", "a/../new", "./new", "a file", "new/", "a\\x00b", "\\x6eew", ""])
    func notAPath(_ path: String) async throws {
        let asked = try await server()
        await #expect(throws: BrowsingError.self) { _ = try await read("2026-02", [], [path], asked) }
        await #expect(throws: BrowsingError.self) { _ = try await read("2026-01", [], ["new"], asked) }
        #expect(try released(asked).isEmpty)
    }

    @Test("a catalogue of another chain is refused, and a label that is not registered")
    func otherLabels() async throws {
        let asked = try await server()
        await #expect(throws: RestorePlanError.self) { _ = try await read("2026-01", ["2026-02"], nil, asked) }
        await #expect(throws: RestorePlanError.self) { _ = try await read("2025-12", ["2025-12"], nil, asked) }
        #expect(try released(asked).isEmpty)
    }
}

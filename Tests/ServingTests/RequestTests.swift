import Artifacts
import Backup
import JournalFormat
import JournalStore
import Machines
import Recovery
import Restoring
import ScratchSpace
import Serving
import SystemPackage
import TestMachines
import TestServing
import Testing

@Suite("What a workstation may ask")
struct RequestTests {
    private let month = TestMachine.name("2026-01")

    @Test("who answers: the journal, its root and how far it is")
    func hello() async throws {
        let asked = try AskedServer()
        let answer = try #require(try await asked.ask("hello").object)
        #expect(answer["version"] == .string("1.0") && answer["size"] == .integer(3))
        #expect(answer["log"] == .string(asked.server.log.description))
        #expect(answer["root"] == .string(asked.server.root.id.description))
        #expect(answer["latest"] == .null && answer["working_copy"] == .bool(false))
    }

    @Test("a key that is unknown or retired gets nothing", arguments: ["hello", "lines 1", "plan latest", "deliver"])
    func notEnrolled(_ request: String) async throws {
        let asked = try AskedServer()
        let stranger = JournalKey.generate(.author).id
        await #expect(throws: ServingError.notEnrolled(stranger)) { _ = try await asked.ask(request, by: stranger) }
        let own = asked.server.author.id
        _ = try WorkstationKeys(asked.machine).retire("ws", reason: "stolen")
        await #expect(throws: ServingError.notEnrolled(own)) { _ = try await asked.ask(request) }
    }

    @Test("anything but the few requests is refused before the journal is looked at")
    func otherRequests() async throws {
        let asked = try AskedServer()
        for text in ["", "sh", "hello there", "lines 0", "restore other@2026-01", "register ../x", "cat /etc/passwd"] {
            await #expect(throws: ServedRequestError.self, "\(text)") { _ = try await asked.ask(text) }
        }
    }

    @Test("the journal's lines from a record on")
    func lines() async throws {
        let asked = try AskedServer()
        #expect(try await asked.ask("lines 2").bytes == (try asked.lines(from: 2)))
        #expect(try await asked.ask("lines 4").bytes.isEmpty)
    }

    @Test("the chain that brings a label back, and what of it is here")
    func plan() async throws {
        let asked = try AskedServer()
        await #expect(throws: MachineError.nothingRegistered) { _ = try await asked.ask("plan latest") }
        try await register("2026-01", asked)
        let answer = try #require(try await asked.ask("plan latest").object)
        #expect(answer["label"] == .string("dev@2026-01"))
        guard case .array(let steps) = answer["steps"], case .object(let step) = steps.first else {
            Issue.record("no steps")
            return
        }
        #expect(steps.count == 1 && step["present"] == .bool(true))
    }

    @Test("an artifact that was announced is registered with the catalogue that comes along")
    func register() async throws {
        let asked = try AskedServer()
        let line = try await register("2026-01", asked)
        #expect(line == "artifacts/anchors/\(month)")
        #expect(try asked.server.state().entries[month.label]?.catalogue != nil)
        #expect(!tree(asked.machine.server.incoming).contains("\(month)"))
    }

    @Test("without its whole catalogue it is not registered, and a later request does it", arguments: ["", "dif"])
    func catalogueMissing(_ sent: String) async throws {
        let asked = try AskedServer()
        try asked.server.seal(month, "stream", catalogue: "different", in: asked.machine.server.incoming)
        await #expect(throws: ArtifactError.catalogueNotArrived(month.label)) {
            _ = try await asked.ask("register \(month)", sending: Array(sent.utf8))
        }
        #expect(try asked.server.state().entries.isEmpty)
        _ = try await asked.ask("register \(month)", sending: Array("different".utf8))
        #expect(try asked.server.state().entries[month.label] != nil)
    }

    @Test("more artifacts than a day may bring have to wait")
    func quota() async throws {
        let asked = try AskedServer(["AUTHOR_ARTIFACTS_PER_DAY=1"])
        try await register("2026-01", asked)
        let again = Timestamp(milliseconds: asked.server.clock.now().milliseconds + AuthorQuota.period)
        await #expect(throws: ServingError.quota(artifacts: 1, again: again)) {
            try await register("2026-02", over: "2026-01", asked)
        }
        // What is registered already takes no more.
        _ = try await asked.ask("register \(month)", sending: Array("catalogue".utf8))
    }

    @Test("where the server keeps no working copy, there is nothing to follow")
    func follow() async throws {
        let asked = try AskedServer()
        _ = try await asked.ask("follow dev@2026-01")
        #expect(asked.server.reporter.said == ["this server keeps no working copy"])
    }

    @Test("where a person has to allow it, a restore waits, and the journal says nothing")
    func release() async throws {
        let asked = try AskedServer(["RELEASE=confirm"])
        try await register("2026-01", asked)
        let before = try asked.server.types()
        await #expect(throws: RestoreError.waitsForRelease(month.label, workstation: "ws")) {
            _ = try await asked.ask("restore dev@2026-01")
        }
        #expect(try asked.server.types() == before)
    }

    @discardableResult
    private func register(_ text: String, over parent: String? = nil, _ asked: AskedServer) async throws -> String? {
        let name = TestMachine.name(text, over: parent)
        try asked.server.seal(name, "stream of \(text)", catalogue: "catalogue", in: asked.machine.server.incoming)
        return try await asked.ask("register \(name)", sending: Array("catalogue".utf8)).line
    }
}

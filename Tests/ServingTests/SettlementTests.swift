import Artifacts
import Backup
import JournalFormat
import JournalStore
import Machines
import Recovery
import ScratchSpace
import Serving
import SystemPackage
import TestMachines
import TestServing
import Testing

@Suite("The end of a handover, on the server")
struct SettlementTests {
    private let asked: AskedServer
    private let first = TestMachine.name("2026-01")
    private let second = TestMachine.name("2026-02")

    init() throws { asked = try AskedServer(["WORKTREE=on"]) }

    private var incoming: FilePath { asked.machine.server.incoming }

    /// An artifact was announced, and rsync has brought it.
    private func bring(_ name: ArtifactName, catalogue: String = "catalogue") throws {
        try asked.server.seal(name, "stream of \(name)", catalogue: catalogue, in: incoming)
        try removeTree(incoming.appending(name.label.catalogueName))
    }

    /// A delivery without events of a workstation that has no line of the journal.
    private func delivery() -> [UInt8] {
        Delivery(log: asked.server.log, heads: [], events: []).bytes
    }

    /// Asks for it, and takes the answer apart.
    private func settle(
        _ names: [ArtifactName], catalogue: String = "catalogue", follow: String? = nil
    ) async throws -> (report: ServerReport, answer: DeliveryAnswer) {
        let delivery = delivery()
        let request = SettlementRequest(
            names.map { .init($0, catalogue: catalogue.utf8.count) }, follow: follow.map(TestMachine.label),
            delivery: delivery.count)
        let catalogues = names.flatMap { _ in Array(catalogue.utf8) }
        let bytes = try await asked.ask("settle", sending: Array(request.line.utf8) + catalogues + delivery).bytes
        let end = try #require(bytes.firstIndex(of: UInt8(ascii: "\n")))
        let report = try #require(ServerReport(parsing: Array(bytes[..<end])))
        #expect(report.answer == bytes.count - end - 1)
        return (report, try DeliveryAnswer(parsing: Array(bytes[(end + 1)...])))
    }

    @Test("what has arrived is registered in its order, the working copy follows, and the records of it are the answer")
    func whole() async throws {
        try bring(first)
        try bring(second)
        let records = try asked.server.types().count
        let (report, answer) = try await settle([first, second], follow: "2026-02")
        #expect(report.register == 0 && report.follow == 0 && report.lacking.isEmpty)
        #expect(
            try asked.server.types().dropFirst(records) == [
                "artifact.registered", "artifact.registered", "snapshot.restored", "worktree.updated",
            ])
        #expect(try asked.server.state().entries.values.allSatisfy { $0.catalogue != nil })
        #expect(answer.lines.count == (try asked.server.types().count))
        #expect(tree(incoming).isEmpty, "neither artifacts nor catalogues are left there")
    }

    @Test(
        "where one is not registered, the report has its status, what comes after it is not tried, and the delivery is answered"
    )
    func registrationFails() async throws {
        try bring(first)
        try bring(second)
        try plant(incoming.appending(first.description), Array("other".utf8))
        let (report, answer) = try await settle([first, second], follow: "2026-02")
        #expect(report.register == 2 && report.follow == nil)
        #expect(try asked.server.state().entries.isEmpty)
        #expect(asked.steps.done.isEmpty)
        #expect(asked.server.reporter.warned.count == 1)
        #expect(answer.lines.count == (try asked.server.types().count))
        #expect(!tree(incoming).contains { $0.contains("catalogue") })
    }

    @Test("where the working copy cannot follow, the report has its status, and what is registered stays so")
    func followFails() async throws {
        try bring(first)
        asked.steps.fail("receive dev@2026-01", SaidElsewhereError(status: 1))
        let (report, _) = try await settle([first], follow: "2026-01")
        #expect(report.register == 0 && report.follow == 2)
        #expect(try asked.server.state().entries[first.label] != nil)
        #expect(try asked.server.state().worktree == nil)
    }

    @Test("the report names what the server has lost, also with nothing to register")
    func lacking() async throws {
        try bring(first)
        _ = try await settle([first])
        let entry = try #require(try asked.server.state().entries[first.label])
        try removeTree(asked.machine.server.root.appending(entry.localPath))
        let (report, _) = try await settle([])
        #expect(report.lacking == [first: "missing"])
        #expect(report.register == 0 && report.follow == nil)
    }

    @Test("asked for again, an artifact that is registered takes nothing, and no second record")
    func again() async throws {
        try bring(first)
        _ = try await settle([first])
        let records = try asked.server.types().count
        let (report, _) = try await settle([first])
        #expect(report.register == 0)
        #expect(try asked.server.types().count == records)
    }

    @Test("given a catalogue of another length than was sealed, nothing is done")
    func otherCatalogue() async throws {
        try bring(first)
        await #expect(throws: ServingError.catalogueOfOther(first, bytes: 5)) {
            _ = try await settle([first], catalogue: "other", follow: "2026-01")
        }
        #expect(try asked.server.state().entries.isEmpty)
    }

    @Test("half a message is not begun: neither registered nor followed", arguments: [0, 1, 40, 150])
    func half(_ length: Int) async throws {
        try bring(first)
        let records = try asked.server.types().count
        let request = SettlementRequest([.init(first, catalogue: 9)], follow: first.label, delivery: delivery().count)
        let whole = Array(request.line.utf8) + Array("catalogue".utf8) + delivery()
        await #expect(throws: (any Error).self) {
            _ = try await asked.ask("settle", sending: Array(whole.prefix(length)))
        }
        #expect(try asked.server.types().count == records)
        #expect(asked.steps.done.isEmpty)
    }

    @Test("what is not a settlement of this data set is refused")
    func otherRequests() async throws {
        for line in [
            "", "{}\n", "hello\n", "{\"delivery\":5,\"follow\":\"other@2026-01\",\"register\":[]}\n",
            "{\"delivery\":5,\"follow\":null,\"register\":[{\"catalogue\":-1,\"name\":\"\(first)\"}]}\n",
        ] {
            await #expect(throws: ServingError.notASettlement, "\(line)") {
                _ = try await asked.ask("settle", sending: Array(line.utf8) + delivery())
            }
        }
    }

    @Test("a key that was retired settles nothing")
    func retired() async throws {
        try bring(first)
        _ = try WorkstationKeys(asked.machine).retire("ws", reason: "stolen")
        await #expect(throws: ServingError.notEnrolled(asked.server.author.id)) { _ = try await settle([first]) }
        #expect(try asked.server.state().entries.isEmpty)
    }
}

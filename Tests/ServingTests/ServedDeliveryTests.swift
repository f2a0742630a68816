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

@Suite("Deliveries of a workstation")
struct ServedDeliveryTests {
    /// Asks as the workstation's key does over ssh.
    private func reaching(_ asked: AskedServer) -> ServerExchange {
        { try await asked.ask("deliver", sending: $0.bytes).bytes }
    }

    private func deliver(_ workstation: TestMachine, _ asked: AskedServer) async throws -> OutboxDelivery.Result {
        try await OutboxDelivery(try Workstation(workstation.machine)).run(reaching(asked))
    }

    private func say(_ month: String, _ workstation: TestMachine) throws {
        let name = TestMachine.name(month)
        let snapshot = Snapshot(
            label: name.label, uuid: TestMachine.uuid(month), path: "/snapshots/\(name.label)")
        try WorkstationLedger(workstation.machine).record(
            .recordSnapshot(
                snapshot,
                details: [
                    "label": .string(name.label.description), "uuid": .string(snapshot.uuid),
                    "path": .string(snapshot.path),
                ]), author: workstation.author)
    }

    @Test("what is pending is recorded once, and the replica is what the server has")
    func recorded() async throws {
        let asked = try AskedServer()
        let workstation = try asked.server.workstation()
        try say("2026-01", workstation)
        let first = try await deliver(workstation, asked)
        #expect(first.recorded.map(\.seq) == [4] && first.copied == 1 && !first.needsAttention)
        let second = try await deliver(workstation, asked)
        #expect(second.recorded.isEmpty && second.copied == 0)
        #expect(try workstation.state().snapshots.count == 1)
        #expect(try asked.server.state().snapshots.count == 1)
    }

    @Test("an answer that was lost is asked for again, and nothing is recorded twice")
    func answerLost() async throws {
        struct Lost: Error {}
        let asked = try AskedServer()
        let workstation = try asked.server.workstation()
        try say("2026-01", workstation)
        await #expect(throws: Lost.self) {
            _ = try await OutboxDelivery(try Workstation(workstation.machine)).run { delivery in
                _ = try await reaching(asked)(delivery)
                throw Lost()
            }
        }
        let result = try await deliver(workstation, asked)
        #expect(result.recorded.map(\.seq) == [4])
        #expect(try asked.server.types().filter { $0 == "snapshot.taken" }.count == 1)
    }

    @Test("what is beyond the day's quota stays pending")
    func quota() async throws {
        let asked = try AskedServer(["AUTHOR_EVENTS_PER_DAY=1"])
        let workstation = try asked.server.workstation()
        try say("2026-01", workstation)
        try say("2026-02", workstation)
        let result = try await deliver(workstation, asked)
        #expect(result.recorded.count == 1 && result.needsAttention)
        #expect(result.overQuota.count + result.waiting == 1)
        asked.server.clock.pass(days: 1, seconds: 1)
        #expect(try await deliver(workstation, asked).recorded.count == 1)
    }

    @Test("a retired key delivers nothing")
    func retired() async throws {
        let asked = try AskedServer()
        let workstation = try asked.server.workstation()
        try say("2026-01", workstation)
        _ = try WorkstationKeys(asked.machine).retire("ws", reason: "stolen")
        await #expect(throws: ServingError.notEnrolled(workstation.author.id)) {
            _ = try await deliver(workstation, asked)
        }
        #expect(try asked.server.types().last == "key.retired")
    }

    @Test("what is not a delivery, or one for another journal, changes nothing")
    func refused() async throws {
        let asked = try AskedServer()
        let error = await #expect(throws: ServingError.self) {
            _ = try await asked.ask("deliver", sending: Array("hello\n".utf8))
        }
        if case .notADelivery = error {} else { Issue.record("\(String(describing: error))") }
        let other = try AskedServer()
        let stranger = try other.server.workstation()
        await #expect(throws: ServingError.otherJournal(other.server.log)) { _ = try await deliver(stranger, asked) }
        #expect(try asked.server.types().count == 3)
    }

    @Test("without room for the server's own records nothing is taken")
    func noRoom() async throws {
        let asked = try AskedServer(["RESERVE_BYTES=1000000000000000"])
        let workstation = try asked.server.workstation()
        try say("2026-01", workstation)
        let error = await #expect(throws: MachineError.self) { _ = try await deliver(workstation, asked) }
        if case .noRoom = error {} else { Issue.record("\(String(describing: error))") }
        #expect(try asked.server.types().count == 3)
    }
}

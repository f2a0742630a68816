import Backup
import JournalFormat
import Machines
import Months
import ScratchSpace
import SystemPackage
import TestMachines
import Testing

@Suite("A month on a workstation")
struct MonthTests {
    private let server: TestMachine
    private let label = TestMachine.label("2026-01")

    init() throws { server = try TestMachine.server() }

    private func artifact(_ label: Label, isFull: Bool = false) -> MonthArtifact {
        MonthArtifact(
            label, server.machine, .journal(server.machine), isFull: isFull, version: "test",
            .ofThisMachine(server.machine, usesOutbox: false))
    }

    // MARK: Its artifact

    @Test("a dry run before the snapshot says what it would be sealed as, and makes nothing")
    func dry() async throws {
        let made = try await artifact(label).run(expectBytes: nil, ignoresSpace: false, isDry: true)
        #expect(made == nil)
        #expect(server.reporter.said == ["would seal dev@2026-01 as full (first) once its snapshot is taken"])
        #expect(try server.types().count == 3)
    }

    @Test("what waits in the spool with its catalogue is not sealed again")
    func spooled() async throws {
        let file = try server.seal(TestMachine.name("2026-01"), "sealed", catalogue: "listed")
        let records = try server.types().count
        #expect(try await artifact(label).run(expectBytes: nil, ignoresSpace: false, isDry: false) == file)
        #expect(server.reporter.said.last == "dev@2026-01 is sealed already")
        #expect(try server.types().count == records)
    }

    @Test("a month that has not come is refused before anything is looked at")
    func future() async throws {
        await #expect(throws: DecisionError.self) {
            _ = try await artifact(TestMachine.label("2026-03")).run(
                expectBytes: nil, ignoresSpace: false, isDry: true)
        }
        #expect(server.reporter.said == [])
    }

    // MARK: Its end

    @Test("where the server is this machine there is nobody to ask")
    func alone() async throws {
        let run = try MonthRun(label, server.machine, .init(), version: "test")
        await #expect(throws: MonthError.serverIsHere) { _ = try await run.end([], follow: false) }
    }

    @Test("what has no artifact's name is refused before the server is asked")
    func otherName() async throws {
        let workstation = try server.workstation()
        let run = try MonthRun(label, workstation.machine, .init(), version: "test")
        await #expect(throws: MonthError.notAnArtifactsName("/tmp/notes.txt")) {
            _ = try await run.end(["/tmp/notes.txt"], follow: false)
        }
    }

    @Test("what the server takes later is incomplete, and says how many wait")
    func later() {
        let error = MonthError.notTaken([label, TestMachine.label("2026-02")])
        #expect(error.kind == .incomplete)
        #expect(error.description.hasPrefix("LS has not taken dev@2026-01, dev@2026-02: "))
    }
}

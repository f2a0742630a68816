import Backup
import DurableFiles
import Machines
import Restoring
import ScratchSpace
import SystemPackage
import TestMachines
import TestRestoring
import Testing

@Suite("An artifact is withdrawn")
struct WithdrawalTests {
    private let server: TestMachine
    private let steps = RememberingSteps()
    private let first = TestMachine.label("2026-01")
    private let second = TestMachine.label("2026-02")

    init() throws {
        server = try TestMachine.server(["WORKTREE=on"])
        try server.register(TestMachine.name("2026-01"), String(repeating: "the first", count: 100))
        try server.register(TestMachine.name("2026-02", over: "2026-01"), "the second")
        server.reporter.forget()
    }

    private var withdrawal: ArtifactWithdrawal { ArtifactWithdrawal(server.machine, steps) }

    private func prepare(_ label: String, withChildren: Bool = false) throws -> ArtifactWithdrawal.Plan {
        try withdrawal.plan(label, reason: "false", withChildren: withChildren, login: "chuck")
    }

    private var file: FilePath {
        server.server.root.appending("artifacts/incr/dev@2026-02.incr.from_2026-01.send.zst.age")
    }

    private func restored() throws -> RestorePlan { try RestorePlan(second, server.state()) }

    @Test("the plan names what goes, newest first, and changes nothing")
    func planned() throws {
        #expect(throws: DecisionError.self) { _ = try prepare("2026-01") }
        let records = try server.types().count
        let plan = try prepare("2026-01", withChildren: true)
        #expect(plan.labels == [second, first])
        #expect(plan.entries.map(\.artifact.label) == [second, first])
        #expect(try server.types().count == records)
    }

    @Test("its file is kept below its hash, its snapshot gets another name, the copy returns to what remains")
    func whole() async throws {
        _ = try await ServerRestore(server.machine, steps).runLocked(restored())
        steps.forget()
        try await withdrawal.carryOut(prepare("2026-02"))
        #expect(
            steps.done == ["withdraw dev@2026-02", "place", "clear", "compare dev@2026-01", "follow dev@2026-01"])
        let kept = server.server.withdrawn.appending(TestMachine.sha256("the second"))
        #expect(tree(kept) == ["dev@2026-02.incr.from_2026-01.send.zst.age"])
        #expect(!pathExists(file))
        #expect(try server.state().worktree == first)
        #expect(server.reporter.said.contains("the working copy returns to dev@2026-01"))
    }

    @Test("given a snapshot cannot be set aside, it is withdrawn, and the same again does the rest")
    func again() async throws {
        _ = try await ServerRestore(server.machine, steps).runLocked(restored())
        steps.fail("withdraw dev@2026-02", SaidElsewhereError(status: 2))
        let plan = try prepare("2026-02")
        await #expect(throws: WithdrawalError.notAllSetAside("why stands above")) {
            try await withdrawal.carryOut(plan)
        }
        #expect(try server.state().isWithdrawn(second))
        #expect(!pathExists(file))
        steps.mend()
        steps.forget()
        let rest = try prepare("2026-02")
        #expect(rest.labels.isEmpty)
        try await withdrawal.carryOut(rest)
        #expect(steps.done.first == "withdraw dev@2026-02")
        #expect(try server.state().worktree == first)
    }

    @Test("given the copy cannot return, that is said, and what was set aside stays so")
    func copyStays() async throws {
        _ = try await ServerRestore(server.machine, steps).runLocked(restored())
        steps.fail("follow dev@2026-01", WorkingCopyError.mountPoint(code: "/code", instead: nil))
        let plan = try prepare("2026-02")
        let error = await #expect(throws: WithdrawalError.self) { try await withdrawal.carryOut(plan) }
        #expect(error == .workingCopyNotBack("/code is a mount point, and no other tree can take its place"))
        #expect(error?.kind == .failed)
    }

    @Test("given a restore that runs, nothing is recorded")
    func locked() async throws {
        let plan = try prepare("2026-02")
        let records = try server.types().count
        let lock = try FileLock.ofWork(server.server.restoreLock, "a restore")
        await #expect(throws: WithdrawalError.restoreIsRunning) { try await withdrawal.carryOut(plan) }
        lock.unlock()
        #expect(try server.types().count == records)
    }

    @Test("given another label that builds on it since it was confirmed, nothing is withdrawn")
    func meanwhile() async throws {
        let plan = try prepare("2026-02", withChildren: true)
        server.clock.turn(toYear: 2026, month: 3)
        try server.register(TestMachine.name("2026-03", over: "2026-02"), "the third")
        await #expect(throws: WithdrawalError.otherLabels) { try await withdrawal.carryOut(plan) }
        #expect(try !server.state().isWithdrawn(second))
    }

    @Test("given no label is left, the copy stays as it is, and a person hears of it")
    func noneLeft() async throws {
        _ = try await ServerRestore(server.machine, steps).runLocked(restored())
        try await withdrawal.carryOut(prepare("2026-01", withChildren: true))
        #expect(
            server.reporter.warned == [
                "no label is left for the working copy \(server.machine.code); it stays as it is"
            ])
    }
}

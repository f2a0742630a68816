import Backup
import DurableFiles
import Machines
import Restoring
import ScratchSpace
import SystemPackage
import TestMachines
import TestRestoring
import Testing

@Suite("A restore on the server, step by step")
struct ServerRestoreTests {
    private let server: TestMachine
    private let steps = RememberingSteps()
    private let first = TestMachine.label("2026-01")
    private let second = TestMachine.label("2026-02")

    init() throws {
        server = try TestMachine.server(["WORKTREE=on"])
        try server.register(TestMachine.name("2026-01"), "the first")
        try server.register(TestMachine.name("2026-02", over: "2026-01"), "the second")
        server.reporter.forget()
    }

    private func restore(_ label: Label? = nil, receivesOnly: Bool = false) async throws -> FilePath {
        let plan = try RestorePlan(label ?? second, server.state())
        return try await ServerRestore(server.machine, steps, receivesOnly: receivesOnly).runLocked(plan)
    }

    private func newTypes(after seq: Int) throws -> [String] { Array(try server.types().dropFirst(seq)) }

    @Test(
        "given nothing received, when the second month is restored, each is received and recorded, then the copy follows"
    )
    func fromNothing() async throws {
        let before = try server.types().count
        let path = try await restore()
        #expect(path == server.server.received.appending("dev@2026-02"))
        #expect(
            steps.done == ["place", "clear", "receive dev@2026-01", "receive dev@2026-02", "follow dev@2026-02"])
        #expect(try newTypes(after: before) == ["snapshot.restored", "snapshot.restored", "worktree.updated"])
        #expect(try server.state().worktree == second)
        #expect(server.reporter.running == 0)
    }

    @Test("given the first month there, only what is missing is received")
    func fromTheFirst() async throws {
        _ = try await restore(first, receivesOnly: true)
        steps.forget()
        _ = try await restore(receivesOnly: true)
        #expect(steps.done == ["clear", "receive dev@2026-02"])
    }

    @Test("given all there, what was received earlier is compared with what was sealed")
    func again() async throws {
        _ = try await restore()
        let records = try server.types().count
        steps.forget()
        steps.follow(with: .init(isNew: false, kept: nil, unpowered: nil))
        _ = try await restore()
        #expect(steps.done == ["place", "clear", "compare dev@2026-02", "follow dev@2026-02"])
        #expect(try server.types().count == records)
        #expect(server.reporter.said.last == "\(server.machine.code) is dev@2026-02 already; nothing changed")
    }

    @Test("given a copy that cannot be exchanged, nothing is received")
    func place() async throws {
        steps.fail("place", WorkingCopyError.mountPoint(code: "/code", instead: nil))
        await #expect(throws: WorkingCopyError.self) { _ = try await restore() }
        #expect(steps.done == ["place"])
    }

    @Test("given the second receive fails, the first stays and is recorded, and the next run continues from there")
    func secondFails() async throws {
        steps.fail("receive dev@2026-02", SaidElsewhereError(status: 2))
        let before = try server.types().count
        await #expect(throws: SaidElsewhereError(status: 2)) { _ = try await restore() }
        #expect(steps.done == ["place", "clear", "receive dev@2026-01", "receive dev@2026-02"])
        #expect(try newTypes(after: before) == ["snapshot.restored"])
        steps.mend()
        steps.forget()
        _ = try await restore()
        #expect(steps.done == ["place", "clear", "receive dev@2026-02", "follow dev@2026-02"])
    }

    @Test("given a crash between the snapshot's name and its event, the next run records it")
    func unrecorded() async throws {
        steps.put(first, RememberingSteps.snapshot(of: TestMachine.uuid("2026-01")))
        let before = try server.types().count
        _ = try await restore(first, receivesOnly: true)
        #expect(steps.done == ["clear", "compare dev@2026-01"])
        #expect(try newTypes(after: before) == ["snapshot.restored"])
    }

    @Test("given a crash between the copy and its event, the next run records it")
    func unrecordedCopy() async throws {
        _ = try await restore(receivesOnly: true)
        steps.follow(with: .init(isNew: false, kept: nil, unpowered: nil))
        let before = try server.types().count
        _ = try await restore()
        #expect(try newTypes(after: before) == ["worktree.updated"])
    }

    @Test("the copy that was replaced is named")
    func kept() async throws {
        steps.follow(with: .init(isNew: true, kept: "/home/code.before-1", unpowered: nil))
        _ = try await restore()
        #expect(server.reporter.said.last == "the working copy before this one is kept as /home/code.before-1")
    }

    @Test("given another snapshot under the label's name, nothing is received or moved")
    func other() async throws {
        steps.put(first, RememberingSteps.snapshot(of: "another"))
        let path = server.server.received.appending("dev@2026-01")
        await #expect(throws: SnapshotError.notAsRecorded(path, first)) { _ = try await restore() }
        #expect(steps.done == ["place", "clear"])
    }

    @Test("given a writable snapshot of the right name and UUID, it is not taken for the label's")
    func writable() async throws {
        let uuid = TestMachine.uuid("2026-01")
        steps.put(
            first,
            .init(uuid: "own", receivedUUID: uuid, parentUUID: nil, isReadOnly: false, isUntouched: true))
        await #expect(throws: SnapshotError.self) { _ = try await restore() }
    }

    @Test("given a snapshot of a withdrawn artifact that nobody recorded, it is set aside and the new one received")
    func withdrawn() async throws {
        try server.record(.withdraw(second, reason: "false", withChildren: false, login: nil))
        steps.put(second, RememberingSteps.snapshot(of: TestMachine.uuid("2026-02")))
        try server.register(TestMachine.name("2026-02", over: "2026-01"), "sealed again", uuid: "ff")
        _ = try await restore(receivesOnly: true)
        #expect(
            steps.done == ["clear", "withdraw dev@2026-02", "receive dev@2026-01", "receive dev@2026-02"])
        #expect(
            server.reporter.said.contains(
                "the received snapshot of dev@2026-02 is kept as dev@2026-02.withdrawn-own"))
    }

    @Test("a restore that runs keeps another out")
    func locked() throws {
        let lock = try FileLock.ofWork(server.server.restoreLock, "another restore")
        #expect(throws: FileFailure.self) { try FileLock.ofWork(server.server.restoreLock, "another restore").unlock() }
        lock.unlock()
    }
}

@Suite("Room for a restore on the server")
struct RestoreSpaceTests {
    @Test("given a reserve larger than the disk, nothing is received; a person can have it tried")
    func noRoom() async throws {
        let server = try TestMachine.server(["RESERVE_BYTES=1000000000000000"])
        let steps = RememberingSteps()
        try server.register(TestMachine.name("2026-01"), "the first")
        let plan = try RestorePlan(TestMachine.label("2026-01"), server.state())
        let error = await #expect(throws: MachineError.self) {
            _ = try await ServerRestore(server.machine, steps).runLocked(plan)
        }
        #expect(error?.hint?.hasSuffix("restore_backup_LS.sh --ignore-space dev@2026-01") == true)
        #expect(steps.done == ["clear"])
        _ = try await ServerRestore(server.machine, steps, ignoresSpace: true).runLocked(plan)
        #expect(steps.done == ["clear", "clear", "receive dev@2026-01"])
    }
}

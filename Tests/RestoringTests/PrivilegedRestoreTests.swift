import Backup
import DurableFiles
import Foundation
import Machines
import Restoring
import ScratchSpace
import SystemPackage
import TestMachines
import Testing
import TreeHash

@Suite("Root's steps, by what the signed journal says")
struct PrivilegedRestoreTests {
    private let kernel = DirectorySubvolumes()
    private let label = TestMachine.label("2026-01")
    private let uuid: UUID

    init() throws { uuid = try #require(UUID(uuidString: TestMachine.uuid("2026-01"))) }

    private func server(_ settings: String...) throws -> TestMachine {
        let server = try TestMachine.server(settings, programs: AnsweringPrograms(kernel.answer))
        try makeDirectories(server.server.received, permissions: 0o700)
        return server
    }

    private func steps(_ server: TestMachine) -> PrivilegedRestore { PrivilegedRestore(server.machine, kernel) }

    private func received(_ server: TestMachine) -> FilePath { server.server.received.appending("dev@2026-01") }

    @Test("the working copy follows what was received as the journal names it")
    func follow() async throws {
        let server = try server("WORKTREE=on", "WORKTREE_SPECIAL=keep")
        try server.register(TestMachine.name("2026-01"), "the first")
        try kernel.make(received(server), ["a": "one"], received: uuid, isReadOnly: true)
        let outcome = try await steps(server).follow(label)
        #expect(outcome == .init(isNew: true, kept: nil))
        #expect(contents(server.machine.code.appending("a")) == Array("one".utf8))
    }

    @Test("it follows nothing that was not received, is another snapshot, or can be written to")
    func notReceived() async throws {
        let server = try server("WORKTREE=on")
        try server.register(TestMachine.name("2026-01"), "the first")
        await #expect(throws: SnapshotError.notReceived(label)) { _ = try await steps(server).follow(label) }
        try kernel.make(received(server), received: UUID(), isReadOnly: true)
        await #expect(throws: SnapshotError.notReceived(label)) { _ = try await steps(server).follow(label) }
        try kernel.make(received(server), received: uuid, isReadOnly: false)
        await #expect(throws: SnapshotError.notReceived(label)) { _ = try await steps(server).follow(label) }
        #expect(!pathExists(server.machine.code))
    }

    @Test("it follows no label that is not registered, and none where the server keeps no copy")
    func refused() async throws {
        let server = try server("WORKTREE=on")
        await #expect(throws: RestorePlanError.unknownLabel(label)) { _ = try await steps(server).follow(label) }
        let without = try self.server()
        await #expect(throws: RestoreError.keepsNoWorkingCopy) { _ = try await steps(without).follow(label) }
    }

    @Test("what was received already is not received again, and an increment needs its parent as the journal names it")
    func receive() async throws {
        let server = try server()
        try server.register(TestMachine.name("2026-01"), "the first")
        try server.register(TestMachine.name("2026-02", over: "2026-01"), "the second")
        let second = TestMachine.label("2026-02")
        await #expect(throws: SnapshotError.notReceived(label)) {
            _ = try await steps(server).receive(second) { _ in }
        }
        try kernel.make(received(server), received: uuid, isReadOnly: true)
        await #expect(throws: RestoreError.receivedAlready(label)) {
            _ = try await steps(server).receive(label) { _ in }
        }
        #expect(!kernel.asked.contains("make room"))
    }

    @Test("given an artifact that does not open, what was made for it is cleared away")
    func doesNotOpen() async throws {
        let server = try server()
        try server.register(TestMachine.name("2026-01"), "not an age file")
        await #expect(throws: (any Error).self) { _ = try await steps(server).receive(label) { _ in } }
        #expect(kernel.asked.contains("make room"))
        #expect(tree(server.server.received.sibling("receiving")).isEmpty)
        #expect(tree(server.server.received).isEmpty)
    }

    @Test("given an artifact whose bytes are not the journal's, no stream of it is received")
    func otherBytes() async throws {
        let server = try server()
        try server.register(TestMachine.name("2026-01"), "the first")
        let file = server.server.root.appending(try #require(server.state().entries[label]).localPath)
        try plant(file, Array("THE FIRST".utf8))
        let error = await #expect(throws: ReceivingError.self) {
            _ = try await steps(server).receive(label) { _ in }
        }
        #expect(error?.kind == .damaged)
        #expect(error?.description.hasPrefix("\(file) is not what the journal says: ") == true)
    }

    @Test("what was received is compared with the tree that was sealed")
    func compare() async throws {
        let server = try server()
        await #expect(throws: RestorePlanError.self) { try await steps(server).compare(label) }
        try kernel.make(received(server), ["a": "one"], received: uuid, isReadOnly: true)
        try server.register(TestMachine.name("2026-01"), "the first", tree: TreeHash(received(server)).digest.hex)
        try await steps(server).compare(label)
        try plant(received(server).appending("b"))
        await #expect(throws: SnapshotError.self) { try await steps(server).compare(label) }
        try removeTree(received(server))
        await #expect(throws: SnapshotError.notReceived(label)) { try await steps(server).compare(label) }
    }

    @Test("only a withdrawn label's snapshot gets another name")
    func withdraw() async throws {
        let server = try server()
        try server.register(TestMachine.name("2026-01"), "the first")
        let made = try kernel.make(received(server), received: uuid, isReadOnly: true)
        await #expect(throws: RestoreError.notWithdrawn(label)) { _ = try await steps(server).withdraw(label) }
        try server.record(.withdraw(label, reason: "false", withChildren: false, login: nil))
        #expect(try await steps(server).withdraw(label) == "dev@2026-01.withdrawn-\(made.uuid.text)")
    }

    @Test("a path that leads out of the repository is not opened")
    func leadsOut() throws {
        let server = try server()
        let view = try RepositoryView(server.machine)
        for path in ["../x", "artifacts/../../x", "/etc/passwd"] {
            #expect(throws: RestoreError.leadsOut(FilePath(path), of: server.machine.serverRoot)) {
                _ = try view.file(path)
            }
        }
        #expect(try view.file("artifacts/a") == server.machine.serverRoot.appending("artifacts/a"))
    }
}

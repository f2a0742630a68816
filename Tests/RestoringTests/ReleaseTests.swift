import Backup
import DurableFiles
import JournalFormat
import Machines
import Restoring
import ScratchSpace
import SystemPackage
import TestMachines
import TestRestoring
import Testing

@Suite("A restore is released to a workstation")
struct ReleaseTests {
    private let label = TestMachine.label("2026-01")

    private func server(_ settings: String...) throws -> TestMachine {
        let server = try TestMachine.server(settings)
        try server.register(TestMachine.name("2026-01"), "the first")
        return server
    }

    private func release(_ server: TestMachine) -> RestoreRelease { RestoreRelease(server.machine) { _ in } }

    private func workstation(_ server: TestMachine) throws -> Keyring.Entry {
        let keys = try server.machine.replay().verifier.keyring.inOrder
        return try #require(keys.last { $0.role == .author })
    }

    private func send(_ server: TestMachine) async throws {
        try await release(server).send(label, after: nil, to: workstation(server), server.state())
    }

    @Test("given RELEASE=confirm and nobody's word, nothing is recorded or sent, and the hint says what allows it")
    func waits() async throws {
        let server = try server("RELEASE=confirm")
        let error = await #expect(throws: RestoreError.self) { try await send(server) }
        #expect(error == .waitsForRelease(label, workstation: "ws"))
        #expect(error?.hint == "on the server: devjournal release dev@2026-01 --to ws")
        #expect(try !server.types().contains("restore.released"))
    }

    @Test("a word counts for a day, for that label alone")
    func word() async throws {
        let server = try server("RELEASE=confirm")
        try server.register(TestMachine.name("2026-02", over: "2026-01"), "the second")
        #expect(try release(server).allow("2026-02", to: "ws") == TestMachine.label("2026-02"))
        await #expect(throws: RestoreError.self) { try await send(server) }
        _ = try release(server).allow("2026-01", to: "ws")
        server.clock.pass(seconds: 86_400)
        await #expect(throws: RestoreError.waitsForRelease(label, workstation: "ws")) { try await send(server) }
    }

    @Test("given a word, the release is recorded before the artifact is opened")
    func recorded() async throws {
        let server = try server("RELEASE=confirm")
        _ = try release(server).allow("latest", to: "ws")
        // The artifact is not an age file, so that not a byte of it leaves.
        await #expect(throws: (any Error).self) { try await send(server) }
        #expect(try server.types().last == "restore.released")
    }

    @Test("given an artifact that is missing, nothing is recorded")
    func missing() async throws {
        let server = try server()
        let path = try #require(server.state().entries[label]).localPath
        try removeTree(server.server.root.appending(path))
        await #expect(throws: ReceivingError.artifactMissing(server.server.root.appending(path), label)) {
            try await send(server)
        }
        #expect(try !server.types().contains("restore.released"))
    }

    @Test("nothing is allowed to a workstation that is not enrolled, nor of a label that is not registered")
    func unknown() throws {
        let server = try server()
        #expect(throws: RestoreError.notEnrolled("other")) { try release(server).allow("latest", to: "other") }
        #expect(throws: RestorePlanError.unknownLabel(TestMachine.label("2025-12"))) {
            try release(server).allow("2025-12", to: "ws")
        }
    }
}

@Suite("The commands of stock tools")
struct StockRestoreTests {
    private func commands(
        _ settings: [String] = [], from start: Int = 0, updatesWorktree: Bool = true
    ) throws -> (TestMachine, [String]) {
        let server = try TestMachine.server(settings)
        try server.register(TestMachine.name("2026-01"), "the first")
        try server.register(TestMachine.name("2026-02", over: "2026-01"), "the second")
        let plan = try RestorePlan(TestMachine.label("2026-02"), server.state())
        let stock = StockRestore(server.machine)
        return (server, stock.commands(plan, from: start, updatesWorktree: updatesWorktree))
    }

    @Test("each artifact's hash is checked before it is opened, and its snapshot gets its place before the next")
    func order() throws {
        let (server, commands) = try commands(updatesWorktree: false)
        let words = commands.map { $0.split(separator: " ").prefix(3).joined(separator: " ") }
        let staging = server.server.received.sibling("by-hand")
        #expect(
            words == [
                "mkdir -m 0700",
                "echo \(TestMachine.sha256("the first")) \(server.server.root)/artifacts/anchors/dev@2026-01.full.send.zst.age",
                "age -d -i", "btrfs subvolume snapshot", "btrfs subvolume delete",
                "echo \(TestMachine.sha256("the second")) "
                    + "\(server.server.root)/artifacts/incr/dev@2026-02.incr.from_2026-01.send.zst.age",
                "age -d -i", "btrfs subvolume snapshot", "btrfs subvolume delete", "rmdir \(staging)",
                "sync -f \(server.server.received)",
            ])
    }

    @Test("given all there, only the working copy is made, where no one else can reach it, and without power")
    func copyAlone() throws {
        let (server, commands) = try commands(from: 2)
        let code = server.machine.code
        #expect(commands.first?.hasPrefix("[ ! -e \(code) ] || mv -T \(code) \(code).before-") == true)
        #expect(commands[1] == "install -d -m 0700 \(code).new")
        #expect(commands.contains { $0.contains("-perm /6000") })
        #expect(commands.last == "rmdir \(code).new")
    }

    @Test("WORKTREE_SPECIAL=keep makes a plain snapshot of it")
    func power() throws {
        let (server, commands) = try commands(["WORKTREE_SPECIAL=keep"], from: 2)
        let snapshot = server.server.received.appending("dev@2026-02")
        #expect(commands.last == "btrfs subvolume snapshot \(snapshot) \(server.machine.code)")
    }

    @Test("paths with blanks stay one word for the shell")
    func quoted() throws {
        let (_, commands) = try commands(["CODE=/home/my code"], from: 2)
        #expect(commands[1] == "install -d -m 0700 '/home/my code.new'")
    }
}

@Suite("What a restore would do")
struct RestorePreviewTests {
    @Test("it names what is reused, what is to be received and what is missing, and changes nothing")
    func preview() async throws {
        let server = try TestMachine.server(["WORKTREE=on"])
        let steps = RememberingSteps()
        try server.register(TestMachine.name("2026-01"), "the first")
        try server.register(TestMachine.name("2026-02", over: "2026-01"), "the second")
        steps.put(TestMachine.label("2026-01"), RememberingSteps.snapshot(of: TestMachine.uuid("2026-01")))
        let plan = try RestorePlan(TestMachine.label("2026-02"), server.state())
        let preview = try await ServerRestore(server.machine, steps).preview(plan)
        #expect(preview.reused == TestMachine.label("2026-01"))
        #expect(preview.steps.map(\.artifact.label) == [TestMachine.label("2026-02")])
        #expect(preview.bytes == "the second".utf8.count)
        #expect(preview.workingCopy == server.machine.code)
        #expect(!preview.replacesCopy)
        #expect(preview.isHere(preview.steps[0]))
        try removeTree(server.server.root.appending(preview.steps[0].localPath))
        #expect(!preview.isHere(preview.steps[0]))
        #expect(preview.json["reused"] == .string("dev@2026-01"))
        #expect(preview.commands.count > 5)
        #expect(steps.done.isEmpty)
        let alone = ServerRestore(server.machine, steps, receivesOnly: true)
        #expect(try await alone.preview(plan).workingCopy == nil)
    }
}

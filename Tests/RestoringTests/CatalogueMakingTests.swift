import DurableFiles
import Restoring
import TestMachines
import TestRestoring
import Testing

@Suite("What keeps a catalogue from being made")
struct CatalogueMakingTests {
    private let server: TestMachine
    private let steps = RememberingSteps()
    private let label = TestMachine.label("2026-01")

    init() throws {
        server = try TestMachine.server()
        try server.record(.setRecipients([server.identity.recipient.description]))
        try server.register(TestMachine.name("2026-01"), "not a sealed stream", tree: TestMachine.sha256("the tree"))
        server.reporter.forget()
    }

    private func make() async throws { _ = try await CatalogueMaking(server.machine, steps).run(label) }

    @Test("a month that is not registered, and one whose snapshot was not received")
    func notThere() async throws {
        await #expect(throws: (any Error).self) {
            try await CatalogueMaking(server.machine, steps).run(TestMachine.label("2026-07"))
        }
        await #expect(throws: CatalogueMakingError.notReceived(label)) { try await make() }
        #expect(steps.done.isEmpty)
    }

    @Test("a received snapshot that is not the tree that was sealed: the artifact is not read")
    func otherTree() async throws {
        steps.put(label, RememberingSteps.snapshot(of: TestMachine.uuid("2026-01")))
        steps.put(label, listing: Array("another tree".utf8))
        await #expect(
            throws: CatalogueMakingError.otherTree(
                label, found: TestMachine.sha256("another tree"), sealed: TestMachine.sha256("the tree"))
        ) { try await make() }
        #expect(try !server.types().contains("artifact.catalogued"))
    }

    @Test("an artifact that is not a sealed stream: nothing is placed or recorded")
    func notAStream() async throws {
        steps.put(label, RememberingSteps.snapshot(of: TestMachine.uuid("2026-01")))
        steps.put(label, listing: Array("the tree".utf8))
        await #expect(throws: (any Error).self) { try await make() }
        #expect(try !server.types().contains("artifact.catalogued"))
        #expect(!pathExists(server.server.catalogue(of: label)))
        #expect(server.reporter.running == 0)
    }
}

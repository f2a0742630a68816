import Artifacts
import Backup
import DurableFiles
import HandMadeStreams
import JournalFormat
import Machines
import ScratchSpace
import Sealing
import SystemPackage
import TestMachines
import Testing

@Suite("Sealing a month")
struct MonthSealingTests {
    private static let uuid = "01020304-0506-0708-090a-0b0c0d0e0f10"
    private let server: TestMachine
    private let label = TestMachine.label("2026-01")
    private let stream: FilePath

    /// The snapshot was taken, and its stream waits in a file.
    init() throws {
        server = try TestMachine.server()
        stream = server.folder.appending("stream")
        try plant(stream, HandMadeStream.whole().bytes)
        try server.record(
            .recordSnapshot(
                .init(label: label, uuid: Self.uuid, path: "/snapshots/dev@2026-01"),
                details: [
                    "label": .string(label.description), "uuid": .string(Self.uuid),
                    "path": .string("/snapshots/dev@2026-01"),
                ]))
    }

    private var artifact: FilePath { server.spool.appending(ArtifactName(label, .full).description) }

    private func options(
        label: String = "2026-01", type: String = "full", uuid: String = uuid, source: MonthSealing.Source? = nil,
        tree: FilePath? = nil, expecting bytes: Int? = nil, ignoresSpace: Bool = false
    ) -> MonthSealing.Options {
        .init(
            label: label, type: type, parent: nil, uuid: uuid, parentUUID: nil, source: source ?? .stream(stream),
            directory: nil, tree: tree, expectedBytes: bytes, ignoresSpace: ignoresSpace, lacksParent: false,
            unfitIncrement: nil)
    }

    /// - Parameter snapshot: the UUID of what is at any path.
    @discardableResult
    private func seal(
        _ options: MonthSealing.Options? = nil, snapshot: String? = nil, hash: String? = nil,
        _ ledger: WorkstationLedger? = nil
    ) async throws -> FilePath? {
        struct NoHash: Error {}
        let snapshots = MonthSealing.Snapshots(
            uuid: { _ in snapshot },
            list: { _, _ in
                guard let hash else { throw NoHash() }
                return TreeListing(tree: hash)
            }, kernel: "6.18")
        return try await MonthSealing(
            options ?? self.options(), server.machine, ledger ?? .journal(server.machine), snapshots: snapshots,
            version: "test"
        ).run()
    }

    @Test("given the snapshot's stream, the artifact and its catalogue are there and recorded with what they hold")
    func sealed() async throws {
        #expect(try await seal() == artifact)
        let sealing = try #require(try server.state().sealed(label))
        #expect(try ArtifactFile.hash(artifact).sha256.hex == sealing.artifact.sha256)
        #expect(sealing.stream.bytes == HandMadeStream.whole().bytes.count)
        let catalogue = try #require(sealing.stream.catalogue)
        #expect(contents(server.spool.appending(label.catalogueName))?.count == catalogue.bytes)
        #expect(sealing.author == server.author.id)
    }

    @Test("sealing it again changes nothing and says where it is")
    func again() async throws {
        try await seal()
        let records = try server.types().count
        #expect(try await seal() == artifact)
        #expect(try server.types().count == records)
        #expect(server.reporter.said.last?.hasSuffix("is sealed already; nothing changed") == true)
    }

    @Test("an artifact whose catalogue is gone is sealed again")
    func catalogueGone() async throws {
        try await seal()
        try removeFile(server.spool.appending(label.catalogueName))
        #expect(try await seal() == artifact)
        #expect(pathExists(server.spool.appending(label.catalogueName)))
    }

    @Test("a file that no event knows is not overwritten, nor one that was changed since")
    func strangers() async throws {
        try plant(artifact, Array("whose?".utf8))
        await #expect(throws: MonthSealingError.unknownFile(artifact)) { try await seal() }
        #expect(contents(artifact) == Array("whose?".utf8))
        try removeFile(artifact)
        try await seal()
        try plant(artifact, Array("changed".utf8))
        await #expect(throws: MonthSealingError.otherFile(artifact)) { try await seal() }
    }

    @Test("a registered label is done, and another kind of it refused")
    func registered() async throws {
        try await seal()
        let name = ArtifactName(label, .full)
        _ = try ArtifactRegistration(server.machine).run(name, from: artifact)
        #expect(try await seal() == server.server.root.appending(name.localPath))
    }

    @Test("a stream of another snapshot leaves nothing")
    func otherStream() async throws {
        try plant(stream, HandMadeStream.whole(name: "dev@2026-09").bytes)
        await #expect(throws: SealError.self) { try await seal() }
        #expect(try server.state().sealed(label) == nil)
        #expect(tree(server.spool).isEmpty)
    }

    @Test("another UUID than was recorded is refused before anything is read")
    func otherSnapshot() async throws {
        let other = options(uuid: TestMachine.uuid("2026-01"), source: .stream("/nowhere"))
        await #expect(throws: DecisionError.self) { try await seal(other) }
    }

    @Test("the tree that is hashed must be the snapshot that is sealed")
    func otherTree() async throws {
        let asked = options(tree: "/snapshots/dev@2026-01")
        await #expect(throws: MonthSealingError.otherSnapshot("/snapshots/dev@2026-01", of: label)) {
            try await seal(asked, snapshot: TestMachine.uuid("2025-12"))
        }
        try await seal(asked, snapshot: Self.uuid, hash: "abc")
        #expect(try server.state().sealed(label)?.stream.tree == "abc")
    }

    @Test("where the tree cannot be hashed nothing is recorded")
    func hashFails() async throws {
        await #expect(throws: (any Error).self) {
            try await seal(options(tree: "/snapshots/dev@2026-01"), snapshot: Self.uuid)
        }
        #expect(try server.state().sealed(label) == nil)
        #expect(!pathExists(artifact))
    }

    @Test("what is not expected to fit is not begun, unless a person says so")
    func noRoom() async throws {
        let large = options(expecting: 1 << 60)
        let error = await #expect(throws: MachineError.self) { try await seal(large) }
        #expect(error?.hint?.contains("ws_dev_run_month.sh --ignore-space dev@2026-01") == true)
        #expect(!pathExists(artifact))
        #expect(try await seal(options(expecting: 1 << 60, ignoresSpace: true)) == artifact)
    }

    @Test("words that name no month, kind or UUID are refused")
    func words() async throws {
        await #expect(throws: MonthSealingError.notALabel("januar", dataset: "dev")) {
            try await seal(options(label: "januar"))
        }
        await #expect(throws: MonthSealingError.notAType("half")) { try await seal(options(type: "half")) }
    }

    @Test("on a workstation whose server is elsewhere the sealing goes into the outbox")
    func outbox() async throws {
        let workstation = try server.workstation()
        let ledger = WorkstationLedger.outbox(try Workstation(workstation.machine))
        try await seal(nil, ledger)
        #expect(workstation.reporter.queued.count == 1)
        #expect(try server.state().sealed(label) == nil)
        #expect(try ledger.state().sealed(label) != nil)
    }
}

import Artifacts
import Backup
import DurableFiles
import Foundation
import HandMadeStreams
import Machines
import Restoring
import ScratchSpace
import Sealing
import StockTools
import Synchronization
import SystemPackage
import TestMachines
import Testing
import TreeHash

/// Real artifacts of two months, opened into a program that stands for `btrfs receive`; what that has made is put there by
/// the test.
@Suite("A whole receive: from an artifact's bytes to a snapshot that has its name and its record")
struct WholeReceiveTests {
    private static let uuids = ["2026-01": HandMadeStream.parent, "2026-02": HandMadeStream.uuid]
    private let kernel = DirectorySubvolumes()
    private let server: TestMachine
    private let first = TestMachine.label("2026-01")
    private let second = TestMachine.label("2026-02")

    init() async throws {
        server = try TestMachine.server(programs: AnsweringPrograms(kernel.answer))
        try makeDirectories(server.server.received, permissions: 0o700)
        try await register("2026-01", HandMadeStream.whole(name: "dev@2026-01", uuid: HandMadeStream.parent))
        try await register(
            "2026-02", HandMadeStream.whole(name: "dev@2026-02", parent: HandMadeStream.parent), over: "2026-01")
        server.reporter.forget()
    }

    private static func uuid(_ month: String) throws -> UUID {
        let bytes = try #require(uuids[month])
        return UUID(uuid: bytes.withUnsafeBytes { $0.loadUnaligned(as: uuid_t.self) })
    }

    private func source(_ month: String) -> FilePath { server.folder.appending("source-\(month)") }
    private func sent(_ month: String) -> FilePath { server.folder.appending("sent-\(month)") }
    private func arrived(_ month: String) -> FilePath { server.folder.appending("arrived-\(month)") }
    private func received(_ month: String) -> FilePath { server.server.received.appending("dev@\(month)") }
    private var staged: [String] { tree(server.server.received.sibling("receiving")) }

    /// A snapshot is taken, sealed and registered as the month's scripts do it.
    private func register(_ month: String, _ stream: HandMadeStream, over parent: String? = nil) async throws {
        let (name, uuid) = (TestMachine.name(month, over: parent), try Self.uuid(month).text)
        try plant(sent(month), stream.bytes)
        try plant(source(month).appending("file"), Array("what \(month) holds".utf8))
        try server.record(
            .recordSnapshot(
                .init(label: name.label, uuid: uuid, path: source(month).string),
                details: [
                    "label": .string(name.label.description), "uuid": .string(uuid),
                    "path": .string(source(month).string),
                ]))
        let sealing = MonthSealing(
            .init(
                label: month, type: parent == nil ? "full" : "incr", parent: parent, uuid: uuid,
                parentUUID: try parent.map { try Self.uuid($0).text }, source: .stream(sent(month)), directory: nil,
                tree: source(month), expectedBytes: nil, ignoresSpace: false, lacksParent: false, unfitIncrement: nil),
            server.machine, .journal(server.machine),
            snapshots: .init(
                uuid: { _ in uuid }, list: { request, _ in .init(tree: try TreeHash(request.snapshot).digest.hex) },
                kernel: "6.18"),
            version: "test")
        let artifact = try #require(try await sealing.run())
        _ = try ArtifactRegistration(server.machine).run(name, from: artifact)
    }

    /// Receives what is missing of the second month's chain.
    ///
    /// - Parameters:
    ///   - script: what stands for `btrfs receive`; `$0` is a file for the stream.
    ///   - change: what else it does to what it has made.
    private func receive(
        by script: String = "cat >\"$0\"", _ change: @escaping @Sendable (FilePath) throws -> Void = { _ in }
    ) async throws {
        let steps = PrivilegedRestore(server.machine, kernel) { [self] cage in
            let month = pathExists(received("2026-01")) ? "2026-02" : "2026-01"
            let made = cage.staging.appending("dev@\(month)")
            try runTool("cp", "-a", source(month).string, made.string)
            kernel.set(made, .init(uuid: UUID(), received: try Self.uuid(month), isReadOnly: true))
            try change(made)
            return ["sh", "-c", script, arrived(month).string]
        }
        try await SnapshotReceiver(server.machine, steps).receive(RestorePlan(second, server.state()))
    }

    private func newTypes(after seq: Int) throws -> [String] { Array(try server.types().dropFirst(seq)) }

    /// Neither month has a snapshot or a record, and nothing waits to be cleared away.
    private func requireNothingReceived(_ records: Int) throws {
        #expect(tree(server.server.received).isEmpty)
        #expect(staged.isEmpty)
        #expect(try server.types().count == records)
        #expect(server.reporter.running == 0)
    }

    @Test("each month's stream reaches the program whole, and what it made is compared, named and recorded")
    func whole() async throws {
        let records = try server.types().count
        try await receive()
        #expect(contents(arrived("2026-01")) == contents(sent("2026-01")))
        #expect(contents(received("2026-02").appending("file")) == Array("what 2026-02 holds".utf8))
        #expect(try newTypes(after: records) == ["snapshot.restored", "snapshot.restored"])
        let state = try server.state()
        for month in ["2026-01", "2026-02"] {
            let label = TestMachine.label(month)
            #expect(state.receivedUUIDs[label] == (try Self.uuid(month).text))
            #expect(state.restoredUUIDs[label] == kernel[received(month)]?.uuid.text)
        }
        #expect(staged.isEmpty)
        #expect(
            server.reporter.begun.count(where: { $0.hasPrefix("comparing dev@2026-0") }) == 3, "and a parent once more")
        #expect(server.reporter.running == 0)
    }

    @Test("what was compared is recorded, and an increment that Btrfs says nothing of is compared as a whole")
    func recorded() async throws {
        try await receive()
        let compared = server.server.received.sibling("compared")
        for month in ["2026-01", "2026-02"] {
            let line = String(decoding: contents(compared.appending("dev@\(month)")) ?? [], as: UTF8.self)
            let uuid = try #require(kernel[received(month)]).uuid.text.replacing("-", with: "")
            let tree = try #require(try server.state().entries[TestMachine.label(month)]?.stream?.tree)
            #expect(line.hasPrefix("\(uuid) ") && line.contains(" \(tree) "))
        }
        #expect(
            server.reporter.said.contains(
                "dev@2026-02: all of it is compared: dev@2026-01 is not what was compared when it was received"))
    }

    @Test("an increment's stream names the parent by the UUID under which it stands in the room, and by no other")
    func substitute() async throws {
        try await receive()
        #expect(kernel.asked.contains("received snapshot parent"))
        let (sent, arrived) = (contents(sent("2026-02")) ?? [], contents(arrived("2026-02")) ?? [])
        #expect(sent.count == arrived.count)
        #expect(Self.contains(sent, HandMadeStream.parent))
        #expect(!Self.contains(arrived, HandMadeStream.parent))
    }

    private static func contains(_ bytes: [UInt8], _ part: [UInt8]) -> Bool {
        bytes.indices.contains { bytes[$0...].starts(with: part) }
    }

    @Test("given the first month there, only the second is received")
    func secondOnly() async throws {
        try await receive()
        try runTool("rm", "-r", received("2026-02").string)
        kernel.set(received("2026-02"), nil)
        try removeFile(arrived("2026-01"))
        let records = try server.types().count
        try await receive()
        #expect(!pathExists(arrived("2026-01")))
        #expect(try newTypes(after: records) == ["snapshot.restored"])
    }

    @Test("given the program fails, nothing is named or recorded, and a later run does it")
    func programFails() async throws {
        let records = try server.types().count
        await #expect(throws: OpenError.self) { try await receive(by: "cat >/dev/null; exit 1") }
        try requireNothingReceived(records)
        try await receive()
        #expect(try newTypes(after: records) == ["snapshot.restored", "snapshot.restored"])
    }

    @Test("given the program stops reading, or is killed, it has failed", arguments: ["exit 1", "kill -KILL $$"])
    func programStops(script: String) async throws {
        let records = try server.types().count
        await #expect(throws: OpenError.self) { try await receive(by: script) }
        try requireNothingReceived(records)
    }

    @Test("given another tree came of it than was sealed, it gets no name")
    func otherTree() async throws {
        let records = try server.types().count
        let error = await #expect(throws: SnapshotError.self) {
            try await receive { try plant($0.appending("more")) }
        }
        guard case .otherTree(first, _, _)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        try requireNothingReceived(records)
    }

    @Test("given a part that can still be written to, the receive has not come to its end")
    func unfinished() async throws {
        let records = try server.types().count
        await #expect(throws: SnapshotError.receiveUnfinished(first)) {
            try await receive { [kernel] made in
                var found = try #require(kernel[made])
                found.isReadOnly = false
                kernel.set(made, found)
            }
        }
        try requireNothingReceived(records)
    }

    @Test("given a byte of the artifact is another one, its snapshot gets no name although the stream was read")
    func damaged() async throws {
        let file = server.server.root.appending(try #require(server.state().entries[first]).localPath)
        var bytes = try #require(contents(file))
        bytes[bytes.count - 1] ^= 1
        try plant(file, bytes)
        let records = try server.types().count
        await #expect(throws: (any Error).self) { try await receive() }
        try requireNothingReceived(records)
    }
}

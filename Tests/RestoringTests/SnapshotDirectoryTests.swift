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

/// A directory of received snapshots on plain directories; what a receive has brought is put there by the test.
private struct Bench {
    let folder: ScratchDirectory
    let kernel = DirectorySubvolumes()
    let reporter = RememberingReporter()
    let label = TestMachine.label("2026-01")
    let uuid = UUID()

    init() throws {
        folder = try ScratchDirectory()
        try FileManager.default.createDirectory(atPath: path.string, withIntermediateDirectories: true)
        try FileManager.default.createDirectory(atPath: staging.string, withIntermediateDirectories: true)
    }

    var path: FilePath { folder.path.appending("received") }
    var staging: FilePath { folder.path.appending("receiving") }
    var into: FilePath { staging.appending("room/into") }
    var target: FilePath { path.appending("dev@2026-01") }
    var tree: String { get throws { try TreeHash(into.appending("dev@2026-01")).digest.hex } }

    var snapshots: SnapshotDirectory {
        SnapshotDirectory(
            path, staging: staging,
            Effects(clock: StandingClock(), reporter: reporter, programs: AnsweringPrograms(kernel.answer)), kernel)
    }

    /// What `btrfs receive` does.
    func receive(_ files: [String: String] = ["a": "one"], as received: UUID? = nil, isReadOnly: Bool = true) throws {
        try kernel.make(
            into.appending("dev@2026-01"), files, received: received ?? uuid, isReadOnly: isReadOnly)
    }

    func accept(tree: String? = nil, announced bytes: Int = 1 << 20) async throws -> Btrfs.Subvolume {
        try await snapshots.accept(label, uuid: uuid.text, tree: tree, announced: bytes)
    }

    /// What stands in the staging directory.
    var staged: [String] { ScratchSpace.tree(staging) }
}

@Suite("What was received gets its name")
struct SnapshotAcceptanceTests {
    private let bench: Bench

    init() throws { bench = try Bench() }

    @Test("given room and a whole snapshot, it is looked at, compared, named, and the room is cleared")
    func whole() async throws {
        try await bench.snapshots.makeRoom(over: nil, by: nil)
        try bench.receive()
        bench.kernel.forget()
        let received = try await bench.accept(tree: bench.tree)
        #expect(received.receivedUUID == bench.uuid.text)
        #expect(received.isReadOnly)
        #expect(contents(bench.target.appending("a")) == Array("one".utf8))
        #expect(bench.staged.isEmpty)
        #expect(
            bench.kernel.asked == [
                "btrfs subvolume show", "btrfs subvolume snapshot", "delete dev@2026", "rm", "delete room",
                "btrfs subvolume show",
            ])
        #expect(bench.reporter.begun == ["comparing dev@2026-01 with what was sealed"])
        #expect(bench.reporter.running == 0)
    }

    private func refuses(_ error: SnapshotError, tree: String? = nil, announced bytes: Int = 1 << 20) async throws {
        await #expect(throws: error) { _ = try await bench.accept(tree: tree, announced: bytes) }
        #expect(!pathExists(bench.target))
        #expect(bench.staged.isEmpty, "what was received is deleted again")
    }

    @Test("given a writable one, the receive has not come to its end")
    func writable() async throws {
        try await bench.snapshots.makeRoom(over: nil, by: nil)
        try bench.receive(isReadOnly: false)
        try await refuses(.receiveUnfinished(bench.label))
    }

    @Test("given another snapshot than the stream's, it has not either")
    func otherUUID() async throws {
        try await bench.snapshots.makeRoom(over: nil, by: nil)
        try bench.receive(as: UUID())
        try await refuses(.receiveUnfinished(bench.label))
    }

    @Test("given nothing at all, it has not either")
    func nothing() async throws {
        try await bench.snapshots.makeRoom(over: nil, by: nil)
        try await refuses(.receiveUnfinished(bench.label))
    }

    @Test("given anything next to the snapshot, the stream is not one of btrfs send")
    func beside() async throws {
        try await bench.snapshots.makeRoom(over: nil, by: nil)
        try bench.receive()
        try plant(bench.into.appending("more"))
        try await refuses(.wroteBesideIt(bench.label))
    }

    @Test("given another tree than was sealed, the message names both hashes")
    func otherTree() async throws {
        try await bench.snapshots.makeRoom(over: nil, by: nil)
        try bench.receive()
        let found = try bench.tree
        try await refuses(.otherTree(bench.label, found: found, sealed: "00"), tree: "00")
    }

    @Test("given files far larger than their streams, they are not taken for honest")
    func tooLarge() async throws {
        try await bench.snapshots.makeRoom(over: nil, by: nil)
        try bench.receive()
        for name in ["holes", "more"] {
            let file = bench.into.appending("dev@2026-01").appending(name)
            try plant(file)
            try #require(truncate(file.string, off_t(9) << 40) == 0)
        }
        await #expect(throws: SnapshotError.self) { _ = try await bench.accept(announced: 1) }
        #expect(bench.staged.isEmpty)
    }

    @Test("given the snapshot cannot get its name, what was received goes")
    func noName() async throws {
        try await bench.snapshots.makeRoom(over: nil, by: nil)
        try bench.receive()
        bench.kernel.fail("btrfs subvolume snapshot")
        let error = await #expect(throws: BtrfsError.self) { _ = try await bench.accept() }
        #expect(error?.description.hasSuffix("failed: ERROR: no luck") == true)
        #expect(bench.staged.isEmpty)
    }
}

@Suite("Where snapshots are received")
struct ReceivingRoomTests {
    private let bench: Bench

    init() throws { bench = try Bench() }

    @Test("an increment's parent stands in the room under the UUID by which the stream finds it")
    func parent() async throws {
        try bench.kernel.make(bench.target, ["a": "one"], received: bench.uuid, isReadOnly: true)
        let substitute = try #require(try await bench.snapshots.substitute(for: bench.label))
        bench.kernel.forget()
        try await bench.snapshots.makeRoom(over: bench.label, by: substitute)
        #expect(bench.kernel.asked == ["make room", "received snapshot parent"])
        #expect(bench.staged == ["room", "room/into", "room/parent", "room/parent/a"])
    }

    @Test("without the parent there is no substitute")
    func noParent() async throws { #expect(try await bench.snapshots.substitute(for: bench.label) == nil) }

    @Test("given the parent cannot be put there, nothing is left")
    func parentFails() async throws {
        try bench.kernel.make(bench.target, received: bench.uuid, isReadOnly: true)
        let substitute = try #require(try await bench.snapshots.substitute(for: bench.label))
        bench.kernel.fail("received snapshot parent")
        await #expect(throws: FileFailure.self) {
            try await bench.snapshots.makeRoom(over: bench.label, by: substitute)
        }
        #expect(bench.staged.isEmpty)
    }

    @Test("whatever an interrupted receive has left goes: half a snapshot, others next to it, files")
    func clear() async throws {
        try await bench.snapshots.makeRoom(over: nil, by: nil)
        try bench.receive(isReadOnly: false)
        try bench.kernel.make(bench.into.appending("second"))
        try plant(bench.into.appending("file"))
        try bench.kernel.make(bench.staging.appending("old"))
        try plant(bench.staging.appending("plain/file"))
        try await bench.snapshots.clear()
        #expect(bench.staged.isEmpty)
        #expect(pathExists(bench.staging))
    }

    @Test("what stands under a label's name and is not a snapshot is nobody's to overwrite")
    func notASnapshot() async throws {
        #expect(try await bench.snapshots.subvolume(bench.label) == nil)
        try plant(bench.target.appending("file"))
        await #expect(throws: SnapshotError.notASnapshot(bench.target)) {
            _ = try await bench.snapshots.subvolume(bench.label)
        }
    }

    @Test("a withdrawn label's snapshot keeps its place under a name with its own UUID")
    func withdraw() async throws {
        await #expect(throws: SnapshotError.notReceived(bench.label)) {
            _ = try await bench.snapshots.withdraw(bench.label)
        }
        let made = try bench.kernel.make(bench.target, ["a": "one"], received: bench.uuid, isReadOnly: true)
        #expect(try await bench.snapshots.withdraw(bench.label) == "dev@2026-01.withdrawn-\(made.uuid.text)")
        #expect(contents(bench.path.appending("dev@2026-01.withdrawn-\(made.uuid.text)/a")) != nil)
    }

    @Test("a snapshot that was changed after it was received is named with both hashes")
    func changed() async throws {
        try bench.kernel.make(bench.target, ["a": "one"], received: bench.uuid, isReadOnly: true)
        let tree = try TreeHash(bench.target).digest.hex
        try await bench.snapshots.compare(bench.label, with: tree)
        try plant(bench.target.appending("b"))
        let found = try TreeHash(bench.target).digest.hex
        let error = await #expect(throws: SnapshotError.self) {
            try await bench.snapshots.compare(bench.label, with: tree)
        }
        #expect(error == .changedSince(bench.target, found: found, sealed: tree))
        #expect(error?.hint?.hasPrefix("mv \(bench.target) \(bench.target).changed, ") == true)
    }
}

@Suite("What btrfs-progs say")
struct BtrfsTests {
    private let folder: ScratchDirectory

    init() throws { folder = try ScratchDirectory() }

    private func show(_ output: String, exitCode: Int32? = 0) async throws -> Btrfs.Subvolume? {
        let programs = AnsweringPrograms { _, _ in ProgramOutput(exitCode: exitCode, output: output) }
        return try await Btrfs(programs).show(folder.path)
    }

    @Test("a subvolume is what btrfs subvolume show prints of it; the first of two like lines counts")
    func fields() async throws {
        let shown = try await show(
            """
            top/dev@2026-01
            \tName: \t\t\tdev@2026-01
            \tUUID: \t\t\taaaa
            \tParent UUID: \t\t-
            \tReceived UUID: \t\tbbbb
            \tGeneration: \t\t12
            \tGen at creation: \t12
            \tFlags: \t\t\treadonly
            \tSnapshot(s):
            \t\t\t\tUUID: cccc
            """)
        #expect(
            shown
                == .init(uuid: "aaaa", receivedUUID: "bbbb", parentUUID: nil, isReadOnly: true, isUntouched: true))
    }

    @Test("one that was written to is not untouched, nor is one of which that is not said")
    func touched() async throws {
        #expect(try await show("\tUUID: a\n\tGeneration: 13\n\tGen at creation: 12\n")?.isUntouched == false)
        #expect(try await show("\tUUID: a\n")?.isUntouched == false)
        #expect(try await show("\tUUID: a\n\tFlags: -\n")?.isReadOnly == false)
    }

    @Test("what it refuses to show, and what has no UUID, is not a subvolume")
    func none() async throws {
        #expect(try await show("\tUUID: a\n", exitCode: 1) == nil)
        #expect(try await show("\tUUID: a\n", exitCode: nil) == nil)
        #expect(try await show("\tUUID: -\n") == nil)
        #expect(try await show("") == nil)
        let programs = AnsweringPrograms()
        #expect(try await Btrfs(programs).show(folder.path.appending("nothing")) == nil)
        #expect(programs.run.isEmpty)
    }

    @Test("without btrfs-progs the hint says what brings them")
    func missing() async throws {
        let error = await #expect(throws: BtrfsError.notStarted("btrfs")) {
            _ = try await Btrfs(AnsweringPrograms()).show(folder.path)
        }
        #expect(error?.hint == "apt-get install btrfs-progs")
    }

    @Test("a failure names the command, and what it said last")
    func failure() async throws {
        let programs = AnsweringPrograms { _, _ in ProgramOutput(exitCode: 1, errors: "first\nlast\n") }
        let error = await #expect(throws: BtrfsError.self) { try await Btrfs(programs).delete("/a") }
        #expect(error?.description == "btrfs -q subvolume delete --commit-after /a failed: last")
        let silent = AnsweringPrograms { _, _ in ProgramOutput(exitCode: nil) }
        let other = await #expect(throws: BtrfsError.self) { try await Btrfs(silent).remove("/a") }
        #expect(other?.description == "rm -rf -- /a failed: no message")
    }
}

@Suite("A receive leaves the reserve alone")
struct StagingSpaceTests {
    @Test("given more is kept than is free, what receives is cancelled")
    func reserve() async throws {
        let folder = try ScratchDirectory()
        let space = StagingSpace(folder.path, reserve: .bytes(1 << 60))
        let error = await #expect(throws: ReceivingError.self) {
            try await space.watched { try await Task.sleep(for: .seconds(60)) }
        }
        guard case .reserveReached(let path, let free, let kept)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(path == folder.path)
        #expect(free < kept)
    }

    @Test("given enough, the result is handed on, and so is a failure")
    func enough() async throws {
        let folder = try ScratchDirectory()
        let space = StagingSpace(folder.path, reserve: .bytes(0))
        #expect(try await space.watched { 7 } == 7)
        await #expect(throws: RestoreError.anotherIsRunning) {
            try await space.watched { throw RestoreError.anotherIsRunning }
        }
    }
}

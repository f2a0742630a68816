import Artifacts
import Backup
import DurableFiles
import Machines
import ScratchSpace
import SystemPackage
import TestMachines
import Testing

@Suite("To the mirror and back")
struct MirrorRoundTripTests {
    private let server: TestMachine
    private let january = TestMachine.name("2026-01")
    private let february = TestMachine.name("2026-02", over: "2026-01")
    private let pulled: FilePath

    /// Two months, both in the mirror.
    init() throws {
        server = try TestMachine.server(["MIRROR=file://{}/mirror"])
        for (name, content) in [(january, "anchor"), (february, "increment")] {
            let file = try server.seal(name, content, catalogue: "names of \(content)")
            _ = try ArtifactRegistration(server.machine).run(name, from: file)
        }
        _ = try MirrorPush(server.machine, creates: true).run(restoresCheckpoint: false, repair: .nothing)
        pulled = server.folder.appending("pulled")
        server.reporter.forget()
    }

    private func place(_ name: ArtifactName) -> FilePath { server.server.root.appending(name.localPath) }

    private func pull(_ label: String = "latest", _ machine: Machine? = nil) throws -> ChainPull.Result {
        try ChainPull(machine ?? server.machine, into: pulled).run(label)
    }

    private func store() throws -> [ArtifactName] { try PulledArtifacts(server.machine, in: pulled).store() }

    // MARK: Pushing

    @Test("a preview names what is not there yet and changes nothing")
    func preview() throws {
        let before = try server.types().count
        let name = TestMachine.name("2026-03")
        server.clock.turn(toYear: 2026, month: 3)
        let file = try server.seal(name, "third")
        _ = try ArtifactRegistration(server.machine).run(name, from: file)
        let preview = try MirrorPush(server.machine).preview()
        #expect(preview.missing.map(\.artifact.name) == [name])
        #expect(preview.storedObjects > 0)
        #expect(try server.types().count == before + 3)
    }

    @Test("a check finds nothing where all is there, and what is missing with the command that mends it")
    func check() throws {
        #expect(try MirrorPush(server.machine).check(isDeep: false).failure == nil)
        let key = try #require(try server.state().entries[january.label]?.objectKey)
        try removeFile(server.folder.appending("mirror").appending(key))
        let failure = try #require(try MirrorPush(server.machine).check(isDeep: false).failure)
        #expect(failure.kind == .incomplete)
        #expect(failure.hint == "devjournal push --repair")
    }

    @Test("an artifact that is damaged here and not mirrored is left out, and all else is brought")
    func leftOut() throws {
        let name = TestMachine.name("2026-03")
        server.clock.turn(toYear: 2026, month: 3)
        let file = try server.seal(name, "third")
        _ = try ArtifactRegistration(server.machine).run(name, from: file)
        try plant(place(name), Array("trash".utf8))
        let report = try MirrorPush(server.machine).run(restoresCheckpoint: false, repair: .nothing)
        #expect(report.uploaded.isEmpty)
        #expect(report.checkpoint != nil)
        let failure = try #require(report.failure)
        #expect(failure.description == "all else is mirrored, but \(name) is damaged here, and not mirrored")
        #expect(failure.hint?.contains("devjournal withdraw dev@2026-03") == true)
    }

    @Test("a copy of the kit that nobody has verified is warned of at each push")
    func kit() throws {
        try plant(server.server.unverifiedKit)
        _ = try MirrorPush(server.machine).run(restoresCheckpoint: false, repair: .nothing)
        #expect(server.reporter.warned.count == 1)
    }

    @Test("without a mirror nothing is tried")
    func noMirror() throws {
        let other = try TestMachine.server()
        #expect(throws: MachineError.noMirror) { try MirrorPush(other.machine) }
        let workstation = try other.workstation()
        #expect(throws: MachineError.mirrorIsTheServers) { try MirrorPush(workstation.machine) }
    }

    // MARK: Fetching

    @Test("what is not here is brought to its place, what is here is not read")
    func fetch() throws {
        try removeFile(place(january))
        try removeFile(server.server.catalogue(of: january.label))
        try plant(place(february), Array("rotten".utf8))
        let artifacts = MirroredArtifacts(server.machine)
        let plan = try artifacts.plan([], server.state())
        #expect(plan.wanted == [january.label, february.label])
        #expect(plan.missing.map(\.artifact.name) == [january])
        try artifacts.bring(plan)
        #expect(contents(place(january)) == Array("anchor".utf8))
        #expect(contents(server.server.catalogue(of: january.label)) == Array("names of anchor".utf8))
        #expect(contents(place(february)) == Array("rotten".utf8))
    }

    @Test("what the mirror has lost is named, and the others are brought")
    func lost() throws {
        let key = try #require(try server.state().entries[january.label]?.objectKey)
        try removeFile(server.folder.appending("mirror").appending(key))
        try removeFile(place(january))
        try removeFile(place(february))
        let artifacts = MirroredArtifacts(server.machine)
        #expect(throws: FetchError.notBrought([january.label])) {
            try artifacts.bring(try artifacts.plan([], try server.state()))
        }
        #expect(contents(place(february)) == Array("increment".utf8))
        #expect(server.reporter.warned.count == 1)
    }

    @Test("a label that nobody has registered is refused")
    func unknownLabel() throws {
        let artifacts = MirroredArtifacts(server.machine)
        #expect(throws: RestorePlanError.self) { _ = try artifacts.plan(["2026-05"], server.state()) }
    }

    // MARK: Pulling and storing

    @Test("a pull fetches the chain of a label, a second one nothing")
    func pulledChain() throws {
        let first = try pull()
        #expect(first.plan.steps.map(\.artifact.name) == [january, february])
        #expect(first.fetchedBytes == 15)
        #expect(try pull().fetchedBytes == 0)
        try plant(pulled.appending(january.localPath), Array("rotten".utf8))
        #expect(try pull().fetchedBytes == 6)
        #expect(contents(pulled.appending(january.localPath)) == Array("anchor".utf8))
    }

    @Test("a download that was cut off is continued")
    func continued() throws {
        _ = try pull()
        let file = pulled.appending(february.localPath)
        try removeFile(file)
        try plant(file.sibling("\(february).part"), Array("incr".utf8))
        #expect(try pull().fetchedBytes == 5)
        #expect(contents(file) == Array("increment".utf8))
    }

    @Test("a part with wrong bytes is not gone on from for ever")
    func wrongPart() throws {
        _ = try pull()
        let file = pulled.appending(february.localPath)
        try removeFile(file)
        try plant(file.sibling("\(february).part"), Array("XXXX".utf8))
        _ = try pull()
        #expect(contents(file) == Array("increment".utf8))
        #expect(server.reporter.warned.count == 1)
    }

    @Test("a directory that others can look into is refused, and one made for nothing goes away again")
    func directory() throws {
        try makeDirectories(pulled, permissions: 0o755)
        #expect(throws: FetchError.notOwnDirectory(pulled)) { _ = try pull() }
        try removeTree(pulled)
        #expect(throws: (any Error).self) { _ = try pull("2026-05") }
        #expect(!pathExists(pulled))
    }

    @Test("a fetch that would eat the reserve is not begun")
    func noRoom() throws {
        let full = try server.with(["RESERVE_BYTES=\(1 << 60)"])
        #expect(throws: (any Error).self) { _ = try pull("latest", full) }
        #expect(!pathExists(pulled))
        try removeFile(place(january))
        let artifacts = MirroredArtifacts(full)
        #expect(throws: FetchError.notBrought([january.label])) {
            try artifacts.bring(try artifacts.plan(["2026-01"], try server.state()))
        }
    }

    @Test("what was pulled is stored where it is missing, and a damaged one is replaced and kept")
    func stored() throws {
        _ = try pull()
        try removeFile(place(january))
        try plant(place(february), Array("rotten".utf8))
        #expect(try store() == [january, february])
        #expect(contents(place(january)) == Array("anchor".utf8))
        #expect(contents(place(february)) == Array("increment".utf8))
        let kept = tree(place(february).removingLastComponent()).filter { $0.contains(".damaged-") }
        #expect(kept.compactMap { contents(place(february).sibling($0)) } == [Array("rotten".utf8)])
        #expect(try server.types().suffix(2) == ["artifact.stored", "artifact.stored"])
    }

    @Test("what is here already is not stored again, and the pulled file is gone all the same")
    func storeAgain() throws {
        _ = try pull()
        let records = try server.types().count
        #expect(try store().isEmpty)
        #expect(try server.types().count == records)
        #expect(!pathExists(pulled.appending(january.localPath)))
    }

    @Test("a file with other bytes than the journal says stops the store")
    func storeDamaged() throws {
        _ = try pull()
        let file = pulled.appending(january.localPath)
        try plant(file, Array("rotten".utf8))
        #expect(throws: StoringError.self) { _ = try store() }
        #expect(contents(place(january)) == Array("anchor".utf8))
    }

    @Test("an artifact that the journal does not know is not stored; what is not an artifact is left alone and named")
    func storeStranger() throws {
        _ = try pull()
        let stranger = TestMachine.name("2026-09")
        try plant(pulled.appending("artifacts/anchors/notes.txt"))
        _ = try store()
        #expect(server.reporter.warned.count == 1)
        try plant(pulled.appending(stranger.description), Array("x".utf8))
        #expect(throws: StoringError.unknown(stranger, pulled.appending(stranger.description))) { _ = try store() }
    }

    @Test("where nothing was pulled, that is said")
    func storeNothing() throws {
        #expect(throws: StoringError.noDirectory(pulled)) { _ = try store() }
        try makeDirectories(pulled)
        #expect(throws: StoringError.noArtifact(pulled)) { _ = try store() }
    }
}

import Artifacts
import Backup
import DurableFiles
import Foundation
import JournalFormat
import Machines
import ScratchSpace
import SystemPackage
import TestMachines
import Testing

@Suite("Registering an artifact")
struct RegistrationTests {
    private let name = TestMachine.name("2026-01")
    private let server: TestMachine

    init() throws { server = try TestMachine.server() }

    private var place: FilePath { server.server.root.appending(name.localPath) }

    private func register(
        _ name: ArtifactName, from file: FilePath, for author: KeyID? = nil
    ) throws -> BackupState.Entry {
        try ArtifactRegistration(server.machine, for: author).run(name, from: file)
    }

    /// What has arrived from a workstation.
    private func arrived(_ name: ArtifactName, _ text: String) throws -> FilePath {
        let file = server.server.incoming.appending(name.description)
        try plant(file, Array(text.utf8))
        return file
    }

    // MARK: By a person on the server

    @Test("given what was sealed, it and its catalogue are in the repository, recorded, and gone from where they were")
    func registered() throws {
        let file = try server.seal(name, "stream", catalogue: "names")
        let entry = try register(name, from: file)
        #expect(contents(place) == Array("stream".utf8))
        #expect(contents(server.server.catalogue(of: name.label)) == Array("names".utf8))
        #expect(entry.artifact.sha256 == TestMachine.sha256("stream"))
        #expect(try server.types().last == "artifact.registered")
        #expect(tree(server.spool).isEmpty)
    }

    @Test("what is registered is another file than the one that was handed over, which somebody may have open")
    func ownCopy() throws {
        let file = try server.seal(name, "stream")
        let before = try file.stat().inode
        _ = try register(name, from: file)
        #expect(try place.stat().inode != before)
    }

    @Test("registering the same again changes nothing and says so")
    func again() throws {
        _ = try register(name, from: try server.seal(name, "stream"))
        let records = try server.types().count
        let copy = server.folder.appending("copy").appending(name.description)
        try plant(copy, Array("stream".utf8))
        _ = try register(name, from: copy)
        #expect(try server.types().count == records)
        #expect(server.reporter.said == ["\(name) is registered already; nothing changed"])
    }

    @Test("given other bytes than were sealed, nothing is recorded and the file stays where it is")
    func otherBytes() throws {
        let file = try server.seal(name, "stream")
        try plant(file, Array("strEam".utf8))
        #expect(
            throws: RegistrationError.notWhatWasSealed(
                file, hash: TestMachine.sha256("strEam"), sealed: TestMachine.sha256("stream"))
        ) { try register(name, from: file) }
        #expect(contents(file) == Array("strEam".utf8))
        #expect(try server.state().entries.isEmpty)
        #expect(!pathExists(place))
    }

    @Test("a file that no record knows is not replaced")
    func unknownFile() throws {
        let file = try server.seal(name, "stream")
        try plant(place, Array("whose?".utf8))
        #expect(throws: RegistrationError.unknownFile(place)) { try register(name, from: file) }
        #expect(contents(place) == Array("whose?".utf8))
        #expect(try server.state().entries.isEmpty)
    }

    @Test("what was withdrawn makes way for its successor and is kept below its hash")
    func withdrawn() throws {
        _ = try register(name, from: try server.seal(name, "false"))
        try server.record(.withdraw(name.label, reason: "test", withChildren: false, login: nil))
        _ = try register(name, from: try server.seal(name, "right"))
        #expect(contents(place) == Array("right".utf8))
        let kept = server.server.withdrawn.appending(TestMachine.sha256("false")).appending(name.description)
        #expect(contents(kept) == Array("false".utf8))
    }

    @Test("a damaged copy is replaced and kept, and the artifact is recorded as sound again")
    func damagedCopy() throws {
        _ = try register(name, from: try server.seal(name, "stream"))
        try plant(place, Array("rotten".utf8))
        let file = server.folder.appending(name.description)
        try plant(file, Array("stream".utf8))
        _ = try register(name, from: file)
        #expect(contents(place) == Array("stream".utf8))
        let kept = tree(place.removingLastComponent()).filter { $0.contains(".damaged-") }
        #expect(kept.count == 1)
        #expect(kept.first.flatMap { contents(place.sibling($0)) } == Array("rotten".utf8))
        #expect(try server.types().last == "artifact.verified")
    }

    @Test("a symbolic link is followed to what it names, a directory is refused")
    func notAFile() throws {
        _ = try server.seal(name, "stream")
        let directory = server.folder.appending("d").appending(name.description)
        try makeDirectories(directory)
        #expect(throws: ArtifactError.notAFile(directory)) { try register(name, from: directory) }
    }

    @Test("a month that has not come is refused until then")
    func future() throws {
        let march = TestMachine.name("2026-03")
        server.clock.turn(toYear: 2026, month: 3)
        let file = try server.seal(march, "stream")
        server.clock.turn(toYear: 2026, month: 2)
        let refused = #expect(throws: DecisionError.self) { try register(march, from: file) }
        #expect(refused?.kind == .later)
        server.clock.turn(toYear: 2026, month: 3)
        _ = try register(march, from: file)
    }

    @Test("without its catalogue an artifact is not registered")
    func noCatalogue() throws {
        let file = try server.seal(name, "stream", catalogue: "names")
        try removeFile(server.spool.appending(name.label.catalogueName))
        #expect(throws: ArtifactError.catalogueNotArrived(name.label)) { try register(name, from: file) }
        #expect(try server.state().entries.isEmpty)
    }

    @Test("another catalogue is not taken for the sealed one")
    func otherCatalogue() throws {
        let file = try server.seal(name, "stream", catalogue: "names")
        let catalogue = server.spool.appending(name.label.catalogueName)
        try plant(catalogue, Array("NAMES".utf8))
        #expect(throws: ArtifactError.otherCatalogue(catalogue, of: name)) { try register(name, from: file) }
    }

    @Test(
        "a copy that would eat the reserve is not begun",
        .enabled(if: FreshCopy.takesRoom(in: FilePath(NSTemporaryDirectory()))))
    func noRoom() throws {
        let small = try TestMachine.server(["RESERVE_BYTES=\(1 << 60)"])
        let file = try small.seal(name, "stream")
        let error = #expect(throws: MachineError.self) {
            try ArtifactRegistration(small.machine).run(name, from: file)
        }
        guard case .noRoom = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(contents(file) == Array("stream".utf8))
        #expect(!pathExists(small.server.root.appending(name.localPath)))
    }

    // MARK: By a workstation

    @Test("a workstation registers only what it has announced itself")
    func notAnnounced() throws {
        let other = try TestMachine.server().author.id
        try server.seal(name, "stream")
        let file = try arrived(name, "stream")
        #expect(throws: RegistrationError.notAnnounced(name)) { try register(name, from: file, for: other) }
        _ = try register(name, from: file, for: server.author.id)
    }

    @Test("a part that has arrived is kept apart from a damaged whole, and kept to be continued")
    func stillArriving() throws {
        try server.seal(name, "stream")
        let file = try arrived(name, "str")
        #expect(throws: RegistrationError.stillArriving(name, bytes: 3, of: 6)) {
            try register(name, from: file, for: server.author.id)
        }
        #expect(contents(file) == Array("str".utf8))
    }

    @Test("a whole that is not what was sealed is removed, as it stands in the way of sending it again")
    func damagedArrival() throws {
        try server.seal(name, "stream")
        let file = try arrived(name, "strEam")
        #expect(throws: RegistrationError.self) { try register(name, from: file, for: server.author.id) }
        #expect(!pathExists(file))
    }
}

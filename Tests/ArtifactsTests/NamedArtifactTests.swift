import Artifacts
import Backup
import Machines
import ScratchSpace
import SystemPackage
import TestMachines
import Testing

@Suite("What a name means")
struct NamedArtifactTests {
    private let server: TestMachine
    private let january = TestMachine.name("2026-01")
    private let february = TestMachine.name("2026-02", over: "2026-01")

    init() throws {
        server = try TestMachine.server()
        for name in [january, february] {
            let file = try server.seal(name, "stream of \(name.label)")
            _ = try ArtifactRegistration(server.machine).run(fileNamed: file)
        }
    }

    @Test(
        "a label is the registered artifact, where the journal says it is",
        arguments: ["2026-02", "dev@2026-02", "latest"])
    func label(_ text: String) throws {
        let named = try NamedArtifact(text, server.machine)
        #expect(named.entry.artifact.name == february)
        #expect(named.path == server.server.root.appending(february.localPath))
    }

    @Test("a file of any name is the artifact that has its hash")
    func file() throws {
        let copy = server.folder.appending("copy")
        try plant(copy, Array("stream of dev@2026-01".utf8))
        let named = try NamedArtifact(copy.string, server.machine)
        #expect(named.entry.artifact.name == january)
        #expect(named.path == copy)
    }

    @Test("a file that the journal does not know may be damaged")
    func unknownFile() throws {
        let file = server.folder.appending("other")
        try plant(file, Array("other".utf8))
        let hash = TestMachine.sha256("other")
        let error = #expect(throws: NamedArtifactError.self) { _ = try NamedArtifact(file.string, server.machine) }
        guard case .hashUnknown(file, hash) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(error?.kind == .damaged && error?.hint?.contains("--without-journal") == true)
    }

    @Test("what is neither a file nor a label, and a label without an artifact, are not found")
    func nothing() throws {
        let error = #expect(throws: NamedArtifactError.self) { _ = try NamedArtifact("no-such", server.machine) }
        #expect(error?.description == "there is no file no-such, and no artifact of such a label")
        #expect(error?.hint == "a label is latest, 2026-01 or dev@2026-01" && error?.kind == .notFound)
        #expect(throws: RestorePlanError.unknownLabel(TestMachine.label("2026-03"))) {
            _ = try NamedArtifact("2026-03", server.machine)
        }
    }

    @Test(
        "a file is registered by its own name only if that is an artifact's of this data set",
        arguments: ["notes.txt", "other@2026-03.full.send.zst.age"])
    func registeredName(_ name: String) throws {
        let file = server.folder.appending(name)
        let error = #expect(throws: RegistrationError.self) {
            _ = try ArtifactRegistration(server.machine).run(fileNamed: file)
        }
        #expect(error?.description == "\(file) has no artifact's name" && error?.kind == .usage)
    }
}

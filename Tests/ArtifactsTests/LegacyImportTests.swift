import Artifacts
import Backup
import DurableFiles
import Machines
import ScratchSpace
import SystemPackage
import TestMachines
import Testing

@Suite("Importing a manifest from before the journal")
struct LegacyImportTests {
    private let server: TestMachine
    private let name = TestMachine.name("2026-01")
    private let manifest: FilePath

    init() throws {
        server = try TestMachine.server()
        manifest = server.folder.appending("manifest.tsv")
    }

    private var place: FilePath { server.server.root.appending(name.localPath) }

    private func row(_ content: String, path: FilePath? = nil, month: String = "2026-01") -> String {
        "\(month)\tfull\t\(content.utf8.count)\t\(TestMachine.sha256(content))\t\(path?.string ?? "-")\n"
    }

    private func run(_ rows: String, isRehearsal: Bool = false) throws -> LegacyImport.Outcome {
        let text = "label\ttype\tbytes\tsha256\tlocal_path\n" + rows
        return try LegacyImport(server.machine).run(manifest, Array(text.utf8), isRehearsal: isRehearsal)
    }

    @Test("given a file in its place, it is registered with the hash that its row says")
    func imported() throws {
        try plant(place, Array("old".utf8))
        #expect(try run(row("old")) == .imported(artifacts: 1))
        #expect(try server.state().entries[name.label]?.artifact.sha256 == TestMachine.sha256("old"))
    }

    @Test("a file from elsewhere gets a name here and stays where it was")
    func elsewhere() throws {
        let other = server.folder.appending("old disk/january.age")
        try plant(other, Array("old".utf8))
        #expect(try run(row("old", path: other)) == .imported(artifacts: 1))
        #expect(contents(place) == Array("old".utf8))
        #expect(contents(other) == Array("old".utf8))
    }

    @Test("another file under that name is not touched")
    func occupied() throws {
        let other = server.folder.appending("january.age")
        try plant(other, Array("old".utf8))
        try plant(place, Array("other".utf8))
        #expect(throws: ArtifactError.otherContent(place)) { _ = try run(row("old", path: other)) }
        #expect(contents(place) == Array("other".utf8))
        #expect(try server.state().entries.isEmpty)
    }

    @Test("a rehearsal checks everything and imports nothing")
    func rehearsal() throws {
        try plant(place, Array("old".utf8))
        #expect(try run(row("old"), isRehearsal: true) == .wouldBeImported(artifacts: 1))
        #expect(try server.state().entries.isEmpty)
    }

    @Test("the same manifest again changes nothing, another one is refused")
    func again() throws {
        try plant(place, Array("old".utf8))
        _ = try run(row("old"))
        let records = try server.types().count
        #expect(try run(row("old")) == .importedBefore(artifacts: 1))
        #expect(try server.types().count == records)
        #expect(throws: ImportError.hasArtifacts(1)) { _ = try run("\n" + row("old")) }
    }

    @Test("a file with another hash is damage; nothing at all is imported")
    func damaged() throws {
        try plant(place, Array("OLD".utf8))
        let error = try #require(throws: ImportError.self) { _ = try run(row("old")) }
        guard case .problems(let problems, _, let isDamaged) = error else { throw error }
        #expect(problems.map(\.line) == [2])
        #expect(isDamaged)
        #expect(error.kind == .damaged)
        #expect(try server.state().entries.isEmpty)
    }

    @Test("a file that is nowhere is a refusal, and each such line is named")
    func missing() throws {
        let error = try #require(throws: ImportError.self) {
            _ = try run(row("old") + row("older", month: "2025-12"))
        }
        guard case .problems(let problems, _, isDamaged: false) = error else { throw error }
        #expect(problems.count == 2)
        #expect(error.kind == .refused)
    }

    @Test("bytes that are not text are refused")
    func notText() throws {
        #expect(throws: ImportError.notText(manifest)) {
            _ = try LegacyImport(server.machine).run(manifest, [0xff, 0xfe], isRehearsal: false)
        }
    }
}

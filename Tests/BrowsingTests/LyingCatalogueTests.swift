import Artifacts
import Backup
import Catalogue
import Digest
import DurableFiles
import Foundation
import ScratchSpace
import Sealing
import SystemPackage
import TestMachines
import Testing

@testable import Browsing

/// A workstation that lies signs what it says, so its hashes are right: what it says is still refused where no tree and no
/// stream has it, and nothing leaves the directory that it is extracted into.
@Suite("Catalogues that lie, through what looks into months", .timeLimit(.minutes(10)))
struct LyingCatalogueTests {
    private let test: TestMachine
    private let label = TestMachine.label("2026-01")
    private let stream = Array("the sealed bytes".utf8)
    private static let header = "devjournal/map/v1\t1\t01020304-0506-0708-090a-0b0c0d0e0f10\t-\n"
    private static let top = "devjournal/tree/v2\n.\tdir\t0755\t0:0\t-\t-\t-\t-\t-\t-\t-\t-\n"

    init() throws { test = try TestMachine.server() }

    private static func file(_ path: String, size: Int = 3, _ content: String = "the") -> String {
        let hash = SHA256.hash(Array(content.utf8).span).hex
        return "./\(path)\tfile\t0644\t0:0\t1\t\(size)\t1700000000000000000\t-\t-\t-\t-\t\(hash)\n"
    }

    private func spooled(_ text: String) throws -> SpooledText {
        let spool = try SpooledText(in: test.folder)
        spool.append(Array(text.utf8))
        return spool
    }

    /// Registers an artifact whose catalogue says that.
    private func shelf(listing: String, map: String) async throws -> CatalogueShelf {
        let name = TestMachine.name("2026-01")
        let listing = Self.top + listing
        let source = test.folder.appending("stream")
        try plant(source, stream)
        let place = test.server.root.appending("artifacts/anchors").appending(name.description)
        try makeDirectories(place.removingLastComponent())
        let sealed = try await Sealer(to: [test.identity.recipient], content: .anyContent).seal(
            .command(["cat", source.string]), as: place)
        let (frames, bytes, sha256) = (sealed.frames, Int(sealed.bytes), sealed.sha256.hex)
        try sealed.finish()
        let clear = try ClearCatalogue(
            frames: frames, listing: spooled(listing), map: spooled(Self.header + map),
            as: test.folder.appending("clear"))
        let catalogue = try SealedCatalogue(
            clear, to: [test.identity.recipient], as: test.server.catalogue(of: label))
        try test.takeSnapshot(label)
        try test.record(
            .recordSealing(
                NewSealing(
                    artifact: Artifact(name: name, bytes: bytes, sha256: sha256, reason: nil),
                    stream: ArtifactStream(
                        uuid: TestMachine.uuid("2026-01"), parentUUID: nil, bytes: stream.count,
                        tree: TestMachine.sha256(listing),
                        frames: .init(size: 1 << 22, count: frames.frames.count, sha256: frames.hashes.sha256.hex),
                        catalogue: ArtifactCatalogue(clear, catalogue)),
                    streamVersion: 1, recipients: [test.identity.recipient.description], tools: [:])))
        try test.record(.register(name, bytes: bytes, sha256: sha256))
        return try CatalogueShelf(test.machine)
    }

    private func printed(_ path: String, _ shelf: CatalogueShelf) throws -> String {
        var found: [UInt8] = []
        _ = try FileReading(shelf, .untraced).read(try PathInLabel("2026-01:\(path)", test.machine, shelf.state)) {
            for index in $0.indices { found.append($0[index]) }
        }
        return String(decoding: found, as: UTF8.self)
    }

    private var target: FilePath { test.folder.appending("target") }

    private func extracted(_ shelf: CatalogueShelf) throws -> ExtractionResult {
        try Extraction(shelf, .untraced, test.reporter).run(
            .init(label, [], to: target, overwrites: false))
    }

    /// What it refuses it refuses with a message for a person; nothing is left in the target.
    private func expectRefused(_ shelf: CatalogueShelf, _ word: String) {
        for attempt in [{ _ = try extracted(shelf) }, { _ = try printed("good", shelf) }] as [() throws -> Void] {
            do {
                try attempt()
                Issue.record("it was not refused")
            } catch {
                #expect("\(error)".contains(word), "\(error)")
            }
        }
        #expect((try? FileManager.default.contentsOfDirectory(atPath: target.string).isEmpty) ?? true)
    }

    @Test("an honest one comes out; what lies beyond the stream does not, and the rest still does")
    func beyond() async throws {
        let shelf = try await shelf(
            listing: Self.file("far") + Self.file("good") + Self.file("wrong"),
            map:
                "file\tfar\ndata\t0\t3\t1000000000000\nfile\tgood\ndata\t0\t3\t0\nfile\twrong\ndata\t0\t3\t4\nend\t1000000000003\n"
        )
        #expect(try printed("good", shelf) == "the")
        #expect(throws: BrowsingError.self) { try printed("far", shelf) }
        #expect(throws: BrowsingError.otherContent(Array("wrong".utf8), in: label)) { try printed("wrong", shelf) }
        let result = try extracted(shelf)
        #expect(result.files == 1)
        #expect(result.failures.map { String(decoding: $0.path, as: UTF8.self) }.sorted() == ["far", "wrong"])
        #expect(try FileManager.default.contentsOfDirectory(atPath: target.string) == ["good"])
    }

    @Test(
        "maps of commands that no stream has are refused, whatever file is asked for",
        arguments: [
            "file\tgood\nclone\t0\t4096\town\tgood\t0\n", "file\tgood\nclone\t0\t3\tparent\tgood\t0\n",
            "file\tgood\nfile\ta/../b\n", "file\t../good\n", "file\tgood\ndir\td\nrename\td\td/e\n",
            "file\tgood\ndata\t0\t3\t9223372036854775807\n", "file\tgood\ndata\t9223372036854775807\t3\t0\n",
            "file\tgood\nhardlink\tgood/x\tgood\n",
        ])
    func impossible(commands: String) async throws {
        let shelf = try await shelf(listing: Self.file("good"), map: commands + "end\t16\n")
        expectRefused(shelf, "stream map")
        // What needs the listing alone still works.
        var paths: [[UInt8]] = []
        try DirectoryListing(shelf).forEach(in: PathInLabel("2026-01", test.machine, shelf.state), isDeep: true) {
            paths.append($0.path)
        }
        #expect(paths == [Array("good".utf8)])
    }

    @Test("more names of one file than any has are refused")
    func names() async throws {
        var map = "file\tgood\ndata\t0\t3\t0\n"
        for number in 0..<70_000 { map += "hardlink\tl\(number)\tgood\n" }
        expectRefused(try await shelf(listing: Self.file("good"), map: map + "end\t16\n"), "too many names")
    }

    @Test(
        "paths that lead out are refused by all that reads the listing",
        arguments: ["../out", "a//b", "/etc/passwd", "./x", "..", "a/../../out"])
    func paths(path: String) async throws {
        let shelf = try await shelf(
            listing: Self.file("good") + Self.file(path), map: "file\tgood\ndata\t0\t3\t0\nend\t16\n")
        #expect(throws: (any Error).self) { try extracted(shelf) }
        #expect(throws: (any Error).self) {
            try DirectoryListing(shelf).forEach(
                in: PathInLabel("2026-01", test.machine, shelf.state), isDeep: true
            ) { _ in }
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: test.folder.string).allSatisfy { $0 != "out" })
        #expect((try? PathSearch("out").run(in: [label], shelf).isEmpty) ?? true)
    }

    @Test("a file of 2^60 bytes is refused before a byte of it is made, and the rest comes out")
    func enormous() async throws {
        let shelf = try await shelf(
            listing: Self.file("good") + Self.file("huge", size: 1 << 60),
            map: "file\tgood\ndata\t0\t3\t0\nfile\thuge\ntruncate\t\(1 << 60)\nend\t16\n")
        #expect(throws: BrowsingError.self) { try printed("huge", shelf) }
        let result = try extracted(shelf)
        #expect(result.files == 1)
        #expect(result.failures.map { String(decoding: $0.path, as: UTF8.self) } == ["huge"])
        #expect(result.failures.first?.why.contains("more than its streams can have made") == true)
        #expect(try FileManager.default.contentsOfDirectory(atPath: target.string) == ["good"])
    }

    @Test("a catalogue of another label in its place is none")
    func otherLabel() async throws {
        let shelf = try await shelf(listing: Self.file("good"), map: "file\tgood\ndata\t0\t3\t0\nend\t16\n")
        let other = try ClearCatalogue(
            frames: FrameTable(), listing: spooled(Self.top), as: test.folder.appending("other"))
        _ = try SealedCatalogue(other, to: [test.identity.recipient], as: test.server.catalogue(of: label))
        expectRefused(shelf, "catalogue of \(label)")
        #expect(throws: BrowsingError.self) { try shelf.listing(of: label) }
        #expect(throws: BrowsingError.self) { try FileHistory(shelf).versions(of: Array("good".utf8)) }
    }
}

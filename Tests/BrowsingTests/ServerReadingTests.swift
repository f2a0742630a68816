import Backup
import Catalogue
import DurableFiles
import JournalFormat
import Machines
import Restoring
import ScratchSpace
import Sealing
import Synchronization
import SystemPackage
import TestMachines
import TestServing
import Testing

@testable import Browsing

@Suite("What a workstation has its server send of months")
struct ServerReadingTests {
    /// What becomes of an answer on its way.
    private final class Line: Sendable {
        private let changes = Mutex<@Sendable ([UInt8]) -> [UInt8]>({ $0 })

        func change(_ change: @escaping @Sendable ([UInt8]) -> [UInt8]) { changes.withLock { $0 = change } }
        func bring(_ bytes: [UInt8]) -> [UInt8] { changes.withLock { $0 }(bytes) }
    }

    private static let large = (0..<200_000).map { UInt8(truncatingIfNeeded: $0 ^ $0 >> 8 ^ $0 >> 13) }
    private let asked: AskedServer
    private let workstation: TestMachine
    private let line = Line()
    private let first = TestMachine.label("2026-01")
    private let second = TestMachine.label("2026-02")

    init() async throws {
        let asked = try AskedServer()
        try await asked.register("2026-01", [("a file", Array("one".utf8)), ("large", Self.large)])
        try await asked.register("2026-02", [("new", Array("two".utf8))], over: "2026-01")
        let line = line
        self.asked = asked
        workstation = try asked.server.workstation(
            programs: AnsweringPrograms(exchange: { command, message in
                let answer = await asked.overSSH(command, message)
                return .init(bytes: line.bring(answer.bytes), status: answer.status)
            }))
    }

    private func reading() throws -> ServerReading {
        try ServerReading(workstation.machine, try workstation.machine.state())
    }

    private func content(_ path: String, of label: Label, _ reading: ServerReading) throws -> [UInt8] {
        var found: [UInt8] = []
        let place = try PathInLabel("\(label):\(path)", workstation.machine, try workstation.machine.state())
        _ = try FileReading(reading.shelf, .untraced).read(place) { piece in
            for index in piece.indices { found.append(piece[index]) }
        }
        return found
    }

    /// Brings a file, or throws why not.
    private func bring(_ path: String, of label: Label) async throws -> [UInt8] {
        let reading = try reading()
        try await reading.bringFiles([path], of: label, isOneFile: true)
        return try content(path, of: label, reading)
    }

    private func files() -> [String] { tree(workstation.folder).filter { !$0.contains("replica") } }

    @Test("a file of any month comes as it was, from any artifact of the chain, by one request; nothing of it stays")
    func file() async throws {
        let before = files()
        #expect(try await bring("new", of: second) == Array("two".utf8))
        #expect(try await bring("a file", of: second) == Array("one".utf8))
        #expect(try await bring("large", of: second) == Self.large)
        #expect(workstation.programs.run.map(\.last) == Array(repeating: "read dev@2026-02", count: 3))
        #expect(files() == before)
    }

    @Test("names come once for a chain, and nothing is asked for that is here")
    func names() async throws {
        let reading = try reading()
        #expect(!reading.shelf.isHere(first))
        try await reading.bringNames(of: [first, second])
        #expect(workstation.programs.run.map(\.last) == ["read dev@2026-02"])
        #expect(try reading.shelf.listing(of: first).entry(at: Array("new".utf8)) == nil)
        #expect(try reading.shelf.listing(of: second).entry(at: Array("new".utf8)) != nil)
        try await reading.bringNames(of: [second])
        #expect(workstation.programs.run.count == 1)
    }

    @Test("a pattern is resolved here: the server is asked for what it names")
    func pattern() async throws {
        let reading = try reading()
        try await reading.bringFiles(["n*"], of: second)
        #expect(workstation.programs.run.count == 2)
        #expect(try content("new", of: second, reading) == Array("two".utf8))
        #expect(throws: BrowsingError.self) { try content("large", of: second, reading) }
        var paths: [JSONValue?] = []
        _ = try asked.machine.replay { record, _ in
            if record.event.type == "restore.released" { paths.append(record.event.data["paths"]) }
        }
        #expect(paths == [.array([]), .array([.string("new")])])
    }

    @Test("an answer that ends early is none, wherever that is", arguments: [0, 10, 200, -1])
    func cut(_ count: Int) async throws {
        line.change { Array($0.prefix(count < 0 ? $0.count + count : count)) }
        await #expect(throws: DeliveryError.self) { _ = try await bring("large", of: second) }
    }

    @Test("an answer that continues is refused")
    func longer() async throws {
        line.change { $0 + [0] }
        let refusal = BrowsingError.serverSentOther(second, "there is more")
        await #expect(throws: refusal) { _ = try await bring("new", of: second) }
        await #expect(throws: refusal) { try await reading().bringNames(of: [second]) }
    }

    @Test(
        "lengths that are not those of what was signed are refused before anything is taken",
        arguments: [
            #"{"catalogues":[900000000000,900000000000],"frames":1,"bytes":10}"#,
            #"{"catalogues":[],"frames":1,"bytes":10}"#, #"{"catalogues":[1],"frames":1,"bytes":10}"#,
            #"{"catalogues":[0,1],"frames":1,"bytes":10}"#, #"{"catalogues":[-1,1],"frames":1,"bytes":10}"#, "nonsense",
        ])
    func lengths(_ text: String) async throws {
        line.change { bytes in
            Array(text.utf8) + Array(bytes[(bytes.firstIndex(of: UInt8(ascii: "\n")) ?? 0)...])
        }
        await #expect {
            _ = try await bring("new", of: second)
        } throws: {
            if case BrowsingError.serverSentOther = $0 { true } else { false }
        }
    }

    @Test("other frames than a file lies in are refused", arguments: [(2, 0), (0, 0), (1, 1), (1, -1), (1, 1 << 40)])
    func frames(_ count: Int, _ more: Int) async throws {
        line.change { bytes in
            guard let end = bytes.firstIndex(of: UInt8(ascii: "\n")),
                let said = ReadAnswer(parsing: Array(bytes[..<end]))
            else { return bytes }
            let other = ReadAnswer(catalogues: said.catalogues, frames: count, bytes: said.bytes + more)
            return Array(other.line.utf8) + bytes[(end + 1)...]
        }
        await #expect {
            _ = try await bring("new", of: second)
        } throws: {
            if case BrowsingError.serverSentOther = $0 { true } else { false }
        }
    }

    @Test("a frame that is not the one that was sealed is named, and a catalogue that is another one")
    func lies() async throws {
        line.change { $0.dropLast(20) + $0.suffix(20).map { $0 ^ 1 } }
        await #expect {
            _ = try await bring("new", of: second)
        } throws: {
            if case BrowsingError.artifactDamaged = $0 { true } else { false }
        }
        line.change { bytes in
            var bytes = bytes
            let start = bytes.firstIndex(of: UInt8(ascii: "\n")) ?? 0
            bytes[start + 40] ^= 1
            return bytes
        }
        await #expect {
            _ = try await bring("new", of: second)
        } throws: {
            if case BrowsingError.catalogueDamaged = $0 { true } else { false }
        }
    }

    @Test("what nobody who is trusted here has sealed is not asked for")
    func untrusted() async throws {
        let own = workstation.machine.workstationState.appending("author.key")
        try removeFile(own)
        await #expect {
            _ = try await bring("new", of: second)
        } throws: {
            if case RestoreError.untrustedAuthor = $0 { true } else { false }
        }
        #expect(workstation.programs.run.isEmpty)
    }

    /// Puts another catalogue in the place of a month's, as `catalogue make` would: with names alone.
    private func makeCatalogue(of label: Label) throws {
        let entry = try #require(try asked.machine.state().entries[label])
        let stream = try #require(entry.stream)
        let listing = try SpooledText(in: asked.server.folder)
        let sealed = entry.catalogueFile(asked.machine.server.root, with: [asked.server.identity])
        try #require(sealed).copyListing(to: listing)
        let clear = try ClearCatalogue(
            frames: try CatalogueShelf(asked.machine).catalogue(of: label, [.frames]).frames(), listing: listing,
            as: asked.server.folder.appending("clear"))
        let made = try SealedCatalogue(
            clear, to: [asked.server.identity.recipient], as: asked.machine.server.catalogue(of: label))
        try asked.server.record(
            .recordCatalogue(
                label, sha256: entry.artifact.sha256,
                SignedCatalogue(
                    text: ArtifactCatalogue(clear, made), tree: try #require(stream.tree), frames: stream.frames)))
    }

    @Test("a catalogue that the server has made counts where a person says so, and only there")
    func later() async throws {
        try makeCatalogue(of: first)
        let asked = asked
        let later = try asked.server.workstation(
            programs: AnsweringPrograms(exchange: { await asked.overSSH($0, $1) }))
        let state = try later.machine.state()
        let careful = try ServerReading(later.machine, state)
        await #expect(throws: BrowsingError.catalogueUnsigned(first)) { try await careful.bringNames(of: [first]) }
        #expect(later.programs.run.isEmpty)
        let trusting = try ServerReading(later.machine, state, trustsServer: true)
        try await trusting.bringNames(of: [first])
        #expect(try trusting.shelf.listing(of: first).entry(at: Array("large".utf8)) != nil)
        #expect(later.reporter.warned.contains { $0.contains("taken on the server's word") })
        // It says nothing of where files lie: the server refuses.
        await #expect(throws: DeliveryError.self) {
            try await trusting.bringFiles(["large"], of: first, isOneFile: true)
        }
    }

    @Test("a directory is not printed, and what is not there is not, whether the catalogue is here or not")
    func notAFile() async throws {
        await #expect(throws: BrowsingError.notAFile([], in: second)) { _ = try await bring("", of: second) }
        await #expect(throws: DeliveryError.self) { _ = try await bring("no/such", of: second) }
    }

    @Test("an older server is named as what keeps it from being read")
    func older() async throws {
        let older = try asked.server.workstation(
            programs: AnsweringPrograms(exchange: { command, _ in
                if command.last == "hello" {
                    return .init(bytes: Array(#"{"version":"0.9"}"#.utf8) + [10], status: .exited(0))
                }
                return .init(bytes: [], status: .exited(6))
            }))
        await #expect {
            let reading = try ServerReading(older.machine, try older.machine.state())
            try await reading.bringNames(of: [second])
        } throws: {
            if case DeliveryError.readsNothing("server.example", "0.9") = $0 { true } else { false }
        }
    }

    @Test("without a server that is set there is none to ask")
    func noServer() throws {
        let alone = try asked.server.workstation(["LS_HOST="])
        #expect(throws: BrowsingError.onServerAlone) {
            _ = try ServerReading(alone.machine, try alone.machine.state())
        }
    }
}

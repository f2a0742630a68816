import Digest
import Foundation
import JournalFormat
import Testing

@testable import Backup

@Suite("Every core type of event is declared once, and wholly")
struct CoreEventTests {
    @Test("Its declaration is its own", arguments: CoreEventType.allCases)
    func declaration(_ type: CoreEventType) throws {
        #expect(type.declaration.type == type)
        #expect(try #require(EventType(type.rawValue)) == EventType(type))
    }

    // MARK: What the format's document says

    @Test("journal-format.md says who may author it, and nobody else may", arguments: CoreEventType.allCases)
    func authors(_ type: CoreEventType) throws {
        let rows = try Self.document().filter { line in
            Self.roles.contains { line.hasPrefix("| \($0.key) |") } && line.contains("`\(type.rawValue)`")
        }
        #expect(rows.count == 1)
        let row = try #require(rows.first.flatMap { row in Self.roles.first { row.hasPrefix("| \($0.key) |") } })
        #expect(KeyRole.allCases.filter(type.authors.include) == row.value)
    }

    /// The first column of the table in section 7.3.
    private static let roles: [String: [KeyRole]] = [
        "root": [.root], "sequencer": [.sequencer], "author": [.author],
        "sequencer or author": [.sequencer, .author],
    ]

    @Test("journal-format.md says what its data hold", arguments: CoreEventType.allCases)
    func documentation(_ type: CoreEventType) throws {
        let rows = try Self.document().filter { $0.hasPrefix("| `\(type.rawValue)` | ") }
        #expect(rows.count == 1)
    }

    // MARK: The fixture

    @Test("The fixture good-every-type holds it, said by a key that may say it, and projections follow it")
    func fixture() throws {
        var verifier = Verifier()
        var state = BackupState.initial
        var seen: Set<CoreEventType> = []
        for record in try Self.records({ try verifier.accept($0.span) }) {
            try evolve(&state, record)
            seen.insert(try #require(record.event.coreType))
            #expect(!EventWording.line(record.event).contains("{"))
        }
        #expect(Set(CoreEventType.allCases).subtracting(seen) == [])
        #expect(state.order.map(\.description) == ["dev@2025-12"] && state.withdrawals.count == 1)
        #expect(state.reviewedUpTo == 4 && state.succession != nil)
    }

    @Test("A sealing is read from the fixture and written as it stands there")
    func sealing() throws {
        var verifier = Verifier()
        let data = try Self.records { try verifier.accept($0.span) }.reduce(into: [CoreEventType: JSONObject]()) {
            if let type = $1.event.coreType { $0[type] = $0[type] ?? $1.event.data }
        }
        let sealed = try #require(data[.artifactSealed])
        let event = try #require(
            try CoreEvents.read(record(Happened(type: "artifact.sealed", data: sealed), 1)) as? ArtifactSealed)
        let sealing = NewSealing(
            artifact: event.artifact, stream: event.stream, streamVersion: 2,
            recipients: ["age1fjlszqaylk0rjcz9x7vzajw6j4catggtgz725deyprr2cpp98vrqw3l6ln"],
            tools: try #require(sealed["tools"]?.object))
        #expect(ArtifactSealed.event(sealing, because: .requested).data == sealed)
    }

    /// The whole journal, each line accepted before.
    private static func records(_ accept: ([UInt8]) throws -> RecordLayout) throws -> [Record] {
        let path = repository.appending(path: "fixtures/journals/good-every-type/000000000001.jsonl")
        return try Data(contentsOf: path).split(separator: UInt8(ascii: "\n")).map { line in
            let line = Array(line) + [UInt8(ascii: "\n")]
            let layout = try accept(line)
            return Record(
                seq: layout.seq, epoch: layout.epoch, ts: layout.ts, kid: layout.kid,
                event: try layout.event.event(in: line.span), hash: SHA256.hash(line.span))
        }
    }

    // MARK: What makes it

    @Test("A command makes it, or append takes it from scripts")
    func makers() throws {
        let names = try Self.sources(below: "Sources").reduce(into: Set<String>()) { names, source in
            for part in source.text.components(separatedBy: "commandName: \"").dropFirst() {
                names.insert(String(part.prefix { $0 != "\"" }))
            }
        }
        for type in CoreEventType.allCases {
            switch type.declaration.maker {
            case .command(let words):
                for word in words.split(separator: " ") where !word.hasPrefix("--") {
                    #expect(names.contains(String(word)), "\(type) is made by \(words)")
                }
            case .scripts: #expect([.note, .snapshotTaken].contains(type))
            // Verifiers know the rules of more roots than one; no command enrols another yet.
            case .nobodyYet: #expect([.rootEnrolled, .rootRetired, .drillCompleted].contains(type))
            }
        }
    }

    @Test("Its name is written in one place of the sources")
    func names() throws {
        for source in try Self.sources(below: "Sources") where !source.name.hasSuffix("/CoreEventType.swift") {
            for type in CoreEventType.allCases where type != .note {
                #expect(!source.text.contains("\"\(type.rawValue)\""), "\(type.rawValue) in \(source.name)")
            }
        }
    }

    // MARK: Files of the repository

    private static let repository = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    private static func document() throws -> [String] {
        try String(contentsOf: repository.appending(path: "journal-format.md"), encoding: .utf8)
            .components(separatedBy: "\n")
    }

    private static func sources(below folder: String) throws -> [(name: String, text: String)] {
        let root = repository.appending(path: folder)
        return try (FileManager.default.subpaths(atPath: root.path) ?? []).filter { $0.hasSuffix(".swift") }.map {
            ("/\($0)", try String(contentsOf: root.appending(path: $0), encoding: .utf8))
        }
    }
}

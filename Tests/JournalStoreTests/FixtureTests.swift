import Foundation
import JournalFormat
import JournalStore
import SystemPackage
import Testing

/// What `expect.json` beside a fixture journal says of it.
struct Expectation: Decodable, CustomTestStringConvertible {
    struct Warning: Decodable, Equatable {
        let record: Int
        let reason: String
    }

    let verdict: String
    let record: Int?
    let reason: String?
    let warnings: [Warning]
    let root: String?
    let head: String?
    let why: String
    var name: String? = nil

    var testDescription: String { name ?? why }

    static let fixtures = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../fixtures/journals").standardizedFileURL

    static let all: [Expectation] = {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: fixtures.path)) ?? []
        return names.sorted().compactMap { name in
            guard let bytes = try? Data(contentsOf: fixtures.appending(path: "\(name)/expect.json")),
                var expectation = try? JSONDecoder().decode(Expectation.self, from: bytes)
            else { return nil }
            expectation.name = name
            return expectation
        }
    }()
}

@Suite("Every fixture journal gets its verdict")
struct FixtureTests {
    @Test("The fixtures are there")
    func present() throws {
        let folders = try FileManager.default.contentsOfDirectory(atPath: Expectation.fixtures.path)
        #expect(folders.count > 150)
        #expect(Expectation.all.count == folders.count)
    }

    @Test("The verdict is the expected one", arguments: Expectation.all)
    func verdict(_ expected: Expectation) throws {
        let folder = Expectation.fixtures.appending(path: try #require(expected.name))
        var heads: [SignedCheckpoint] = []
        var refusal: Refusal?
        if let head = expected.head {
            (heads, refusal) = SignedCheckpoint.parseLeading(
                [UInt8](try Data(contentsOf: folder.appending(path: head))))
        }
        var verdict = try JournalDirectory(FilePath(folder.path)).verdict(
            pinnedRoot: expected.root.flatMap { KeyID($0) }, heads: heads)
        if let refusal { verdict = verdict.failing(Damage(record: 0, refusal.reason)) }
        #expect(verdict.kind.rawValue == expected.verdict)
        #expect(verdict.finding?.reason.rawValue == expected.reason)
        #expect(verdict.finding?.record == expected.record)
        #expect(verdict.warnings.map { .init(record: $0.record, reason: $0.reason.rawValue) } == expected.warnings)
    }
}

import BackupJournal
import Foundation
import JournalFixtures
import JournalFormat
import JournalStore
import ScratchSpace
import SystemPackage
import Testing

/// What `expect.json` next to a fixture journal says of it.
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
    let tornBytes: Int?
    let why: String
    var name: String? = nil

    var testDescription: String { name ?? why }

    static let fixtures = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../fixtures/journals").standardizedFileURL

    static let all = below(fixtures)

    static func below(_ folder: URL) -> [Expectation] {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return names.sorted().compactMap { name in
            guard let bytes = try? Data(contentsOf: folder.appending(path: "\(name)/expect.json")),
                var expectation = try? decoder.decode(Expectation.self, from: bytes)
            else { return nil }
            expectation.name = name
            return expectation
        }
    }
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
        try judge(expected, in: Expectation.fixtures)
    }

    @Test("So it is for the journals that no repository keeps: large segments, links, FIFOs and directories")
    func unkept() throws {
        let scratch = try ScratchDirectory()
        let maker = Fixtures.repository.appending(path: "tools/make_fixtures.py").path
        let made = try Process.run(
            URL(filePath: "/usr/bin/env"), arguments: ["python3", maker, "--unkept", scratch.path.string])
        made.waitUntilExit()
        let folder = URL(filePath: scratch.path.string)
        let expectations = Expectation.below(folder)
        #expect(expectations.count == 17)
        for expected in expectations { try judge(expected, in: folder) }
    }

    private func judge(_ expected: Expectation, in journals: URL) throws {
        let folder = journals.appending(path: try #require(expected.name))
        var heads: [SignedCheckpoint] = []
        var refusal: FormatError?
        if let head = expected.head {
            (heads, refusal) = SignedCheckpoint.parseLeading(
                [UInt8](try Data(contentsOf: folder.appending(path: head))))
        }
        var verdict = try JournalDirectory(FilePath(folder.path)).verdict(
            pinnedRoot: expected.root.flatMap { KeyID($0) }, heads: heads)
        if let refusal { verdict = verdict.failing(DamageError(record: 0, refusal.reason)) }
        let why: Comment = "\(expected.testDescription): \(expected.why)"
        #expect(verdict.kind.rawValue == expected.verdict, why)
        #expect(verdict.finding?.reason.rawValue == expected.reason, why)
        #expect(verdict.finding?.record == expected.record, why)
        #expect(verdict.warnings.map { .init(record: $0.record, reason: $0.reason.rawValue) } == expected.warnings, why)
        if let tornBytes = expected.tornBytes { #expect(verdict.tornBytes == tornBytes, why) }
    }
}

import BackupJournal
import Foundation
import JournalFixtures
import JournalFormat
import JournalStore
import ScratchSpace
import Sodium
import StockTools
import SystemPackage
import Testing

/// A journal that two verifiers are asked about.
private struct Question: Encodable {
    let journal: String
    let root: String?
    let head: String?

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(journal, forKey: .journal)
        try container.encode(root, forKey: .root)
        try container.encode(head, forKey: .head)
    }

    private enum CodingKeys: String, CodingKey { case journal, root, head }
}

/// What both must say alike.
private struct Answer: Decodable, Equatable {
    let verdict: String
    let record: Int?
    let reason: String?
    let records: Int
    let head: String?
    let checkpoint: Int?
    let warnings: [Expectation.Warning]
}

@Suite("The Swift and the Python verifier say the same")
struct TwoVerifiersTests {
    /// `JOURNAL_TEST_ROUNDS` asks for more.
    private static let rounds =
        ProcessInfo.processInfo.environment["JOURNAL_TEST_ROUNDS"].flatMap { Int($0) } ?? 400

    @Test("Of journals changed at random, half of them signed again afterwards")
    func changed() throws {
        let scratch = try ScratchDirectory()
        var generator = SeededGenerator(11)
        var resigner = try Resigner()
        let bases = try Expectation.all.filter { base in try size(of: base) < 12_000 }
        #expect(bases.count > 150)
        let questions: [Question] = try (0..<Self.rounds).map { round in
            let base = generator.pick(bases)
            return try change(try #require(base), into: scratch.path.appending("\(round)"), &generator, &resigner)
        }
        let python = try askPython(questions)
        #expect(python.count == questions.count)
        for (question, theirs) in zip(questions, python) {
            let ours = try askSwift(question)
            if ours != theirs {
                let kept = FilePath(NSTemporaryDirectory()).appending("disagreement-\(UUID().uuidString)")
                try? FileManager.default.copyItem(atPath: question.journal, toPath: kept.string)
                Issue.record("Swift: \(ours)\nPython: \(theirs)\nkept in \(kept)")
            }
        }
        let verdicts = Set(python.map(\.verdict))
        // How many stay sound or end torn is left to chance; that both say so alike then is not.
        #expect(verdicts.contains("damaged"))
        #expect(Set(python.compactMap(\.reason)).count > 15)
    }

    private func size(of base: Expectation) throws -> Int {
        try files(of: base).values.reduce(0) { $0 + $1.count }
    }

    private func files(of base: Expectation) throws -> [String: [UInt8]] {
        let folder = Fixtures.journal(base.name ?? "")
        var files: [String: [UInt8]] = [:]
        for name in try FileManager.default.contentsOfDirectory(atPath: folder.path) where name != "expect.json" {
            files[name] = [UInt8](try Data(contentsOf: folder.appending(path: name)))
        }
        return files
    }

    private func change(
        _ base: Expectation, into folder: FilePath, _ generator: inout SeededGenerator, _ resigner: inout Resigner
    ) throws -> Question {
        var files = try files(of: base)
        let segments = files.keys.filter { $0.hasSuffix(".jsonl") }.sorted()
        let others = files.keys.filter { $0 == "checkpoint" || $0 == base.head }.sorted()
        if let other = generator.pick(others), generator.below(3) == 0 {
            files[other] = generator.mutate(files[other] ?? [])
        } else if let segment = generator.pick(segments), let bytes = files[segment], !bytes.isEmpty {
            files[segment] = generator.below(2) == 0 ? generator.mutate(bytes) : resigner.change(bytes, &generator)
        }
        for (name, bytes) in files { try plant(folder.appending(name), bytes) }
        return Question(
            journal: folder.string, root: base.root, head: base.head.map { folder.appending($0).string })
    }

    private func askSwift(_ question: Question) throws -> Answer {
        let bytes = question.head.flatMap { contents(FilePath($0)) }
        let (heads, refusal) = bytes.map { SignedCheckpoint.parseLeading($0) } ?? ([], nil)
        var verdict = try JournalDirectory(FilePath(question.journal)).verdict(
            pinnedRoot: question.root.flatMap { KeyID($0) }, heads: heads)
        if let refusal { verdict = verdict.failing(DamageError(record: 0, refusal.reason)) }
        return Answer(
            verdict: verdict.kind.rawValue, record: verdict.finding?.record, reason: verdict.finding?.reason.rawValue,
            records: verdict.records, head: verdict.head?.hex, checkpoint: verdict.checkpoint,
            warnings: verdict.warnings.map { .init(record: $0.record, reason: $0.reason.rawValue) })
    }

    private func askPython(_ questions: [Question]) throws -> [Answer] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        let list = try questions.reduce(into: Data()) { $0 += try encoder.encode($1) + Data("\n".utf8) }
        let text = try python(file: "Tests/format/verify_many.py", input: Array(list))
        return try text.split(separator: "\n").map { try JSONDecoder().decode(Answer.self, from: Data($0.utf8)) }
    }
}

/// Changes one line, then signs and chains all lines again with the fixtures' keys, so that the rules that come
/// after the signatures are reached, too.
private struct Resigner {
    private let keys: [JournalKey]

    init() throws {
        let vectors = try Vectors()
        keys = try KeyRole.allCases.map { try vectors.key($0) }
    }

    mutating func change(_ segment: [UInt8], _ generator: inout SeededGenerator) -> [UInt8] {
        var lines = Fixtures.lines(of: segment)
        let number = generator.below(lines.count)
        // Without the two signatures at the end: they are made again.
        lines[number] = generator.mutate(Array(lines[number].dropLast(196))) + lines[number].suffix(196)
        var prev: String?
        return lines.flatMap { line in
            let signed = sign(line, prev: prev)
            prev = sha256(signed)
            return signed
        }
    }

    private func sign(_ line: [UInt8], prev: String?) -> [UInt8] {
        let eventStart = Array(#","event":{"#.utf8)
        guard line.count > 300, let start = line.firstRange(of: eventStart)?.lowerBound else { return line }
        var head = Array(line[..<start])
        let prevStart = Array(#","prev":""#.utf8)
        if let prev, let place = head.firstRange(of: prevStart)?.upperBound, place + 64 <= head.count {
            head.replaceSubrange(place..<place + 64, with: prev.utf8)
        }
        var event = Array(line[(start + eventStart.count - 1)...].dropLast(99 + 98))
        append(event, "event", named: "author", to: &event)
        var record = head + Array(#","event":"#.utf8) + event
        append(record, "record", named: "kid", to: &record)
        return record + [UInt8(ascii: "\n")]
    }

    /// Signs by the key whose id is the member's value; by the sequencer where it is nobody's.
    private func append(_ signed: [UInt8], _ domain: String, named member: String, to bytes: inout [UInt8]) {
        let value = signed.firstRange(of: Array("\"\(member)\":\"".utf8)).map { signed[$0.upperBound...].prefix(32) }
        let id = value.map { String(decoding: $0, as: UTF8.self) }
        guard let key = keys.first(where: { $0.id.description == id }) ?? keys.last(where: { $0.role == .sequencer })
        else { return }
        let message = Array("devjournal/\(domain)/v1\n".utf8) + signed
        let signature = key.key.sign(message.span)
        bytes += Array(",\"sig\":\"\(Base64.encode(signature))\"}".utf8)
    }
}

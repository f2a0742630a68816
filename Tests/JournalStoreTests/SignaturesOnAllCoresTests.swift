import Backup
import Digest
import Foundation
import JournalFixtures
import JournalFormat
import JournalStore
import ScratchSpace
import SystemPackage
import Testing

@Suite("However many cores check the signatures, the verdict is that of one")
struct SignaturesOnAllCoresTests {
    private static let segment = JournalDirectory.recordsInSegment
    private static let count = segment + 300

    @Test("A sound journal, with and without a torn tail")
    func sound() throws {
        let journal = try ForgedJournal(count: Self.count)
        #expect(try journal.judge() == "sound, \(Self.count) records")
        #expect(try journal.judge(tail: Array("{\"v\":1".utf8)) == "torn, \(Self.count) records: torn-tail 4397")
        #expect(try journal.judge(upTo: 1) == "sound, 1 records")
        #expect(try journal.judge(upTo: 64) == "sound, 64 records")
    }

    @Test("One bad signature, at the edges of a segment and of what a thread is given")
    func edges() throws {
        let journal = try ForgedJournal(count: Self.count)
        for (seq, flaw, reason) in [
            (2, Flaw.recordSignature, "record-signature"), (64, .eventSignature, "event-signature"),
            (65, .recordSignature, "record-signature"), (Self.segment, .eventSignature, "event-signature"),
            (Self.segment + 1, .recordSignature, "record-signature"),
            (Self.count, .eventSignature, "event-signature"),
        ] {
            #expect(try journal.judge([seq: [flaw]]) == "damaged, \(seq - 1) records: \(reason) \(seq)")
        }
    }

    @Test("Flaws at random places, up to three at once: the first one counts")
    func anywhere() throws {
        let journal = try ForgedJournal(count: Self.count)
        var generator = SeededGenerator(29)
        for _ in 0..<(ProcessInfo.processInfo.environment["JOURNAL_TEST_ROUNDS"].flatMap { Int($0) } ?? 10) {
            var flaws: [Int: Set<Flaw>] = [:]
            for _ in 0...generator.below(3) {
                // Often near each other, so that the threads meet both.
                let reach = generator.below(2) == 0 ? 150 : Self.count - 12
                let seq = (flaws.keys.first ?? 0) + 12 + generator.below(reach)
                guard seq <= Self.count, let flaw = generator.pick(Flaw.allCases) else { continue }
                flaws[seq, default: []].insert(flaw)
            }
            guard let first = flaws.keys.min(), let flaw = flaws[first]?.min() else { continue }
            #expect(
                try journal.judge(flaws, tail: generator.below(4) == 0 ? [123] : [])
                    == "damaged, \(first - 1) records: \(flaw.reason) \(first)", "\(flaws)")
        }
    }

    @Test("A rule broken early counts, also where a signature is bad later, and the other way about")
    func order() throws {
        let journal = try ForgedJournal(count: 400)
        #expect(try journal.judge([70: [.prev], 60: [.eventSignature]]).hasSuffix("event-signature 60"))
        #expect(try journal.judge([60: [.prev], 61: [.eventSignature]]).hasSuffix("prev 60"))
        // within one record, in the order of the rules
        #expect(try journal.judge([60: [.repeatedID, .eventSignature]]).hasSuffix("event-signature 60"))
        #expect(try journal.judge([60: [.prev, .recordSignature]]).hasSuffix("prev 60"))
        #expect(try journal.judge([60: [.repeatedID]], tail: [123]).hasSuffix("duplicate-id 60"))
    }
}

/// What can be wrong with a record, in the order of the rules.
private enum Flaw: Int, CaseIterable, Comparable {
    case prev, recordSignature, eventSignature, repeatedID

    var reason: String {
        switch self {
        case .prev: Reason.prev.rawValue
        case .recordSignature: Reason.recordSignature.rawValue
        case .eventSignature: Reason.eventSignature.rawValue
        case .repeatedID: Reason.duplicateID.rawValue
        }
    }

    static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

/// A journal written for each question, chained and signed but for the flaws asked for.
private struct ForgedJournal {
    private let bench: JournalBench
    private let log: EventID
    private let events: [SignedEvent]
    private let first: [UInt8]

    init(count: Int) throws {
        bench = try JournalBench()
        let log = try #require(try bench.verdict().log)
        self.log = log
        first = bench.bytes
        let type = try #require(EventType("note"))
        let key = bench.sequencer
        events = (2...count).map { seq in
            SignedEvent(
                id: EventID(at: JournalBench.start, random: Self.noise(seq)), log: log, type: type,
                ts: JournalBench.start, data: ["text": .integer(seq)], signedBy: key)
        }
    }

    private static func noise(_ seq: Int) -> [UInt8] { (0..<10).map { UInt8(truncatingIfNeeded: seq >> ($0 * 4)) } }

    /// What one core says, in short, after two and five have said the same in full.
    func judge(
        _ flaws: [Int: Set<Flaw>] = [:], tail: [UInt8] = [], upTo count: Int = .max
    ) throws -> String {
        try write(flaws, tail, count)
        let alone = try bench.directory.verdict(pinnedRoot: bench.root.id, heads: [], cores: 1)
        for cores in [2, 5] {
            let together = try bench.directory.verdict(pinnedRoot: bench.root.id, heads: [], cores: cores)
            #expect(Self.all(together) == Self.all(alone))
        }
        let finding = alone.finding.map { ": \($0.reason.rawValue) \($0.record)" } ?? ""
        return "\(alone.kind.rawValue), \(alone.records) records\(finding)"
    }

    private static func all(_ verdict: Verdict) -> String { "\(verdict)" }

    private func write(_ flaws: [Int: Set<Flaw>], _ tail: [UInt8], _ count: Int) throws {
        var segments = [first]
        var prev = SHA256.hash(first.span)
        for (index, event) in events.enumerated() where index + 2 <= count {
            let seq = index + 2
            let line = self.line(of: event, seq, prev, flaws[seq] ?? [])
            prev = SHA256.hash(line.span)
            if (seq - 1).isMultiple(of: JournalDirectory.recordsInSegment) { segments.append([]) }
            segments[segments.count - 1] += line
        }
        segments[segments.count - 1] += tail
        for name in try bench.directory.segmentNames() ?? [] {
            try FileManager.default.removeItem(atPath: bench.directory.path.appending(name).string)
        }
        for (index, bytes) in segments.enumerated() {
            try plant(bench.directory.segmentPath(firstSeq: index * JournalDirectory.recordsInSegment + 1), bytes)
        }
    }

    private func line(
        of event: SignedEvent, _ seq: Int, _ prev: SHA256Digest, _ flaws: Set<Flaw>
    ) -> [UInt8] {
        var bytes = (flaws.contains(.repeatedID) ? events[max(0, seq - 3)] : event).bytes
        if flaws.contains(.eventSignature) {
            let other = events[seq % 7].bytes.suffix(90).dropLast(2)
            bytes.replaceSubrange(bytes.count - 90..<bytes.count - 2, with: other)
        }
        let place = RecordPlace(
            log: log, epoch: 1, seq: seq, prev: flaws.contains(.prev) ? SHA256Digest() : prev, ts: JournalBench.start)
        var line = SignedEvent(bytes: bytes).line(at: place, signedBy: bench.sequencer)
        if flaws.contains(.recordSignature) {
            line.replaceSubrange(line.count - 91..<line.count - 3, with: event.bytes.suffix(90).dropLast(2))
        }
        return line
    }
}

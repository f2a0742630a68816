import Backup
import BackupJournal
import DurableFiles
import JournalFixtures
import JournalFormat
import JournalStore
import ScratchSpace
import SystemPackage
import Testing

@Suite("An author's share of a day")
struct QuotaTests {
    private static let day = AuthorQuota.period

    private func quota(events: Int = .max, bytes: Int = .max) -> AuthorQuota {
        var quota = AuthorQuota.none
        (quota.events, quota.bytes) = (events, bytes)
        return quota
    }

    @Test("The first events of a delivery are recorded, the rest wait, told until when, and come the next day")
    func waits() throws {
        var machines = try TwoMachines()
        try machines.deliver()
        machines.quota = quota(events: 3)
        var said: [SignedEvent] = []
        for number in 0..<5 { said.append(try machines.say("\(number)")) }
        let outcomes = try machines.deliver()
        #expect(outcomes.count == 1)
        #expect(outcomes.last?.update.recorded.count == 3)
        let waiting = try machines.contents().entries.suffix(2).map(\.event.id)
        #expect(outcomes.last?.later.map(\.id) == waiting)
        let why = outcomes.last?.later.first?.why
        #expect(why?.name == "quota")
        #expect(why?.text.contains("AUTHOR_EVENTS_PER_DAY") == true)
        #expect(why?.text.contains("from 2026-02-01T20:00:") == true)
        // Nothing more that day, whatever is asked; then the rest.
        machines.pass(milliseconds: Self.day / 2)
        #expect(try machines.deliver().last?.update.recorded.isEmpty == true)
        machines.pass(milliseconds: Self.day / 2)
        #expect(try machines.deliver().last?.update.recorded.count == 2)
        #expect(try machines.recordedEvents().suffix(5) == said.map(\.bytes)[...])
        #expect(try machines.contents().refused.isEmpty)
    }

    @Test("After an event that waits for the quota no more are sent, however many there are")
    func sendsNoMore() throws {
        var machines = try TwoMachines()
        try machines.deliver()
        machines.quota = quota(events: 1)
        var events: [SignedEvent] = []
        for number in 0..<Delivery.maximumEvents + 100 {
            events.append(try machines.event("x.many", ["n": .integer(number)]))
        }
        try machines.say(events)
        let outcomes = try machines.deliver()
        #expect(outcomes.count == 1)
        #expect(outcomes.last?.update.recorded.count == 1)
        #expect(outcomes.last?.later.count == Delivery.maximumEvents - 1)
        #expect(outcomes.last?.waiting == 100)
    }

    @Test("Bytes count as well, and nothing small is let past what waits")
    func bytes() throws {
        var machines = try TwoMachines()
        try machines.deliver()
        let large = String(repeating: "x", count: 2_000)
        var said: [SignedEvent] = []
        for text in [large, large, "small"] { said.append(try machines.say(text)) }
        machines.quota = quota(bytes: said[0].bytes.count + said[2].bytes.count)
        let outcome = try #require(try machines.deliver().last)
        #expect(outcome.update.recorded.count == 1)
        #expect(outcome.later.count == 2)
        #expect(outcome.later.first?.why.text.contains("AUTHOR_BYTES_PER_DAY") == true)
    }

    @Test("An event larger than the quota is recorded when there is nothing else that day")
    func largerThanAll() throws {
        var machines = try TwoMachines()
        try machines.deliver()
        machines.quota = quota(bytes: 10)
        try machines.say("one")
        try machines.say("two")
        #expect(try machines.deliver().last?.update.recorded.count == 1)
        machines.pass(milliseconds: Self.day)
        #expect(try machines.deliver().last?.update.recorded.count == 1)
    }

    @Test("What was recorded is counted over the last day alone, over segments, and by its author")
    func counted() throws {
        var machines = try TwoMachines()
        try machines.deliver()
        try machines.say("yesterday")
        try machines.deliver()
        machines.pass(milliseconds: Self.day)
        for number in 0..<3 { try machines.say("\(number)") }
        try machines.deliver()
        var journal = try machines.server.open(now: machines.now())
        _ = try journal.record(notes(JournalDirectory.recordsInSegment + 10), author: nil)
        let recent = try journal.recentRecords()
        #expect(recent.authors[machines.key.id]?.events == 3)
        #expect(recent.authors[machines.server.sequencer.id]?.events == JournalDirectory.recordsInSegment + 10)
        let bytes = try machines.contents().entries.suffix(3).reduce(0) { $0 + $1.bytes.count }
        #expect(recent.authors[machines.key.id]?.bytes == bytes)
        #expect(recent.artifacts == nil)
    }

    @Test("A flood stops at the quota, and the journal grows no more that day", arguments: [1, 7, 40])
    func flood(size: Int) throws {
        var machines = try TwoMachines()
        try machines.deliver()
        machines.quota = quota(events: 20)
        var recorded = 0
        for _ in 0..<6 {
            for number in 0..<size { try machines.say("\(number)") }
            for outcome in try machines.deliver() { recorded += outcome.update.recorded.count }
        }
        #expect(recorded == min(20, 6 * size))
    }

    @Test("Seeded stories: a long outbox drains over days, in its order, and none of it is lost", arguments: 0..<3)
    func drains(seed: Int) throws {
        var random = SeededGenerator(UInt64(seed))
        var machines = try TwoMachines()
        try machines.deliver()
        machines.quota = quota(events: 15 + random.below(30), bytes: 15_000 + random.below(20_000))
        let before = try machines.recordedEvents().count
        var said: [[UInt8]] = []
        let total = 60 + random.below(60)
        for _ in 0..<total { said.append(try machines.say(String(repeating: "y", count: random.below(1_500))).bytes) }
        var days = 0
        var windows: [(time: Int, count: Int)] = []
        var clock = 0
        while try machines.recordedEvents().count - before < said.count, days < 100 {
            let pause = Self.day / (1 + random.below(4))
            machines.pass(milliseconds: pause)
            clock += pause
            days += 1
            if random.below(5) == 0 { said.append(try machines.say("meanwhile").bytes) }
            let count = try machines.deliver().reduce(0) { $0 + $1.update.recorded.count }
            windows.append((clock, count))
            let lately = windows.filter { $0.time > clock - Self.day }.reduce(0) { $0 + $1.count }
            #expect(lately <= machines.quota.events)
        }
        #expect(days > 1 && days < 100)
        #expect(try Array(machines.recordedEvents().dropFirst(before)) == said)
        #expect(try machines.contents().refused.isEmpty)
        #expect(try machines.server.directory.replay(signatures: .all).verifier.size == before + said.count)
    }
}

@Suite("Lines for somebody who may take his time")
struct DurableLinesTests {
    private func all(_ lines: consuming DurableLines) throws -> [UInt8] {
        var lines = lines
        var all: [UInt8] = []
        while let piece = try lines.piece() {
            #expect(piece.last == UInt8(ascii: "\n"))
            #expect(piece.count <= 1 << 19)
            all += piece
        }
        return all
    }

    @Test(
        "They are the journal's, from any record on, over segments, in pieces",
        arguments: [1, 2, 4096, 4097, 4100, 5001])
    func theJournals(first: Int) throws {
        let bench = try JournalBench()
        var journal = try bench.open()
        _ = try journal.record(notes(5_000 - journal.size), author: nil)
        let whole = try (bench.directory.segmentNames() ?? []).flatMap {
            contents(bench.directory.path.appending($0)) ?? []
        }
        let lines = whole.split(separator: UInt8(ascii: "\n"))
        let expected = lines.dropFirst(first - 1).flatMap { $0 + [UInt8(ascii: "\n")] }
        #expect(try all(journal.durableLines(from: first)) == expected)
    }

    @Test("The journal's lock is free while they are read, and what is appended meanwhile is not among them")
    func lockIsFree() throws {
        let bench = try JournalBench()
        func lines() throws -> DurableLines { try bench.open().durableLines(from: 1) }
        var taken = try lines()
        let before = bench.bytes
        // Would wait for ever where the lock is held.
        var isFree = false
        if let lock = try FileLock.tryLock(bench.lock) {
            isFree = true
            lock.unlock()
        }
        #expect(isFree)
        var journal = try bench.open()
        _ = try journal.record([note("later")], author: nil)
        let first = try taken.piece()
        let second = try taken.piece()
        #expect(first == before)
        #expect(second == nil)
    }
}

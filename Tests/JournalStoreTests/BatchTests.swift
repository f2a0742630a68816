import Backup
import Digest
import DurableFiles
import JournalFormat
import JournalStore
import SystemPackage
import Testing

@Suite("A batch with ids, and a reader that follows")
struct BatchTests {
    private let bench: JournalBench

    init() throws {
        bench = try JournalBench()
    }

    private func id(_ number: Int) throws -> EventID {
        try #require(EventID("019c15a8-a5e0-7000-8000-00000000000\(number)"))
    }

    @Test("Each entry gets its receipt in order, those recorded before their first one")
    func receipts() throws {
        var journal = try bench.open()
        let first = try journal.record([BatchEntry(note("one"), id: try id(1))], author: nil)
        // when
        let entries = [
            BatchEntry(try note("zero")), BatchEntry(try note("one"), id: try id(1)),
            BatchEntry(try note("two"), id: try id(2)),
        ]
        let receipts = try journal.record(entries, author: nil)
        // then
        #expect(receipts.map(\.seq) == [3, 2, 4])
        #expect(receipts.map(\.isNew) == [true, false, true])
        #expect(receipts[1].hash == first[0].hash)
        #expect(try bench.notes() == ["one", "zero", "two"])
        #expect(try bench.verdict().kind == .sound)
    }

    @Test("A batch that is signed on several cores keeps its order, and every signature is good")
    func large() throws {
        var journal = try bench.open()
        let receipts = try journal.record(notes(700).map { BatchEntry($0) }, author: nil)
        #expect(receipts.map(\.seq) == Array(2...701))
        #expect(try bench.notes() == (0..<700).map { "note \($0)" })
        #expect(try bench.verdict().kind == .sound)
        // The first that cannot be recorded is named, whichever way that is found.
        let (wide, foreign) = (try note(String(repeating: "x", count: 66_000)), try note("mine", by: .author))
        for (bad, first) in [([wide, foreign], 600), ([foreign, wide], 600)] {
            var entries = try notes(600).map { BatchEntry($0) }
            entries += bad.map { BatchEntry($0) }
            var index: Int?
            do { _ = try journal.record(entries, author: nil) } catch let failure as BatchFailure {
                index = failure.index
            }
            #expect(index == first)
        }
    }

    @Test("A batch that was signed before the lock is recorded like any other, also after what came meanwhile")
    func prepared() throws {
        func prepare(_ entries: [BatchEntry], by key: JournalKey? = nil) throws -> EventBatch {
            try #require(
                bench.directory.prepare(
                    entries, sequencer: key ?? bench.sequencer, author: nil,
                    clock: ClockRule(now: JournalBench.start) { true }))
        }
        try append("one", id: try id(1))
        let batch = try prepare(
            try [BatchEntry(note("one"), id: id(1)), BatchEntry(note("two"), id: id(2))]
                + notes(600).map { BatchEntry($0) })
        let again = try prepare(try [BatchEntry(note("two"), id: id(2)), BatchEntry(note("two"), id: id(3))])
        try append("meanwhile", id: try id(4))
        // when
        var journal = try bench.open()
        let receipts = try journal.record(batch)
        // then
        #expect(receipts.map(\.seq) == [2] + Array(4...604))
        #expect(receipts.map(\.isNew) == [false] + Array(repeating: true, count: 601))
        #expect(try journal.record(again).map(\.seq) == [4, 605])
        for (bad, index) in try [
            ([BatchEntry(note("good")), BatchEntry(note("other"), id: id(1))], 1),
            ([BatchEntry(note("x"), id: id(5)), BatchEntry(note("x"), id: id(5))], 1),
            ([BatchEntry(note(String(repeating: "x", count: 66_000)))], 0),
            // A key that is not here is the journal's to complain of.
            ([BatchEntry(note("good")), BatchEntry(note("mine", by: .author))], 1),
        ] {
            var found: Int?
            do { _ = try journal.record(try prepare(bad)) } catch let failure as BatchFailure {
                found = failure.index
            }
            #expect(found == index)
        }
        // What another epoch's key has signed is signed again.
        let old = try prepare([BatchEntry(note("old")), BatchEntry(note("two"), id: id(2))], by: .generate(.sequencer))
        #expect(try journal.record(old).map(\.seq) == [606, 4])
        #expect(try bench.verdict().kind == .sound)
        #expect(try bench.notes().count == 605)
        let nowhere = JournalDirectory(bench.folder.appending("none"))
        #expect(
            nowhere.prepare(
                [BatchEntry(try note("x"))], sequencer: bench.sequencer, author: nil,
                clock: ClockRule(now: JournalBench.start) { true }) == nil)
    }

    @Test("One entry that cannot be recorded is named, and nothing is recorded")
    func allOrNone() throws {
        var journal = try bench.open()
        _ = try journal.record([BatchEntry(note("one"), id: try id(1))], author: nil)
        let before = bench.bytes
        let good = BatchEntry(try note("good"))
        let bad = [
            BatchEntry(try note("other"), id: try id(1)), BatchEntry(try note(String(repeating: "x", count: 66_000))),
            BatchEntry(try note("mine", by: .author)),
        ]
        for entry in bad {
            var index: Int?
            do { _ = try journal.record([good, entry], author: nil) } catch let failure as BatchFailure {
                index = failure.index
            }
            #expect(index == 1)
        }
        var index: Int?
        let twice = BatchEntry(try note("twice"), id: try id(3))
        do { _ = try journal.record([twice, twice], author: nil) } catch let failure as BatchFailure {
            index = failure.index
        }
        #expect(index == 1)
        #expect(bench.bytes == before)
        let receipts = try journal.record([good], author: nil)
        #expect(receipts.map(\.seq) == [3])
    }

    // MARK: Following

    private func follower(judged: Int = 0) -> JournalFollower {
        JournalFollower(bench.directory, lock: bench.lock, pinnedRoot: bench.root.id, judged: judged)
    }

    private func append(_ text: String, id: EventID? = nil) throws {
        var journal = try bench.open()
        _ = try journal.record([note(text)], author: nil, id: id)
    }

    @Test("Each record is seen once, over a segment's end too; a torn tail is noticed and not shown")
    func following() throws {
        var follower = follower()
        var seen: [Int] = []
        var look = try follower.look { record, _ in seen.append(record.seq) }
        #expect(look == .grown && seen == [1])
        look = try follower.look { record, _ in seen.append(record.seq) }
        #expect(look == .unchanged && seen == [1])
        // when a line is torn, and repaired by the next append
        let file = try OpenFile(bench.segment, .writeOnly, options: .append)
        try file.write(Array("{\"v\":1".utf8).span)
        try file.close()
        look = try follower.look { record, _ in seen.append(record.seq) }
        #expect(look == .torn(bytes: 6) && seen == [1])
        try append("two")
        look = try follower.look { record, _ in seen.append(record.seq) }
        #expect(look == .grown && seen == [1, 2, 3])
        // when a segment is filled
        try {
            var journal = try bench.open()
            _ = try journal.record(notes(JournalDirectory.recordsInSegment), author: nil)
        }()
        look = try follower.look { record, _ in seen.append(record.seq) }
        #expect(look == .grown && seen == Array(1...JournalDirectory.recordsInSegment + 3))
    }

    @Test("While somebody writes, nothing is shown")
    func writing() throws {
        var follower = follower()
        var seen = 0
        try {
            let lock = try FileLock(bench.lock)
            let look = try follower.look { _, _ in seen += 1 }
            #expect(look == .unchanged && seen == 0)
            lock.unlock()
        }()
        _ = try follower.look { _, _ in seen += 1 }
        #expect(seen == 1)
    }

    @Test("The journal's lock is free while records are looked at")
    func lockIsFree() throws {
        var follower = follower()
        var isFree = false
        _ = try follower.look { _, _ in
            let lock = try? FileLock.tryLock(bench.lock)
            if lock != nil { isFree = true }
        }
        #expect(isFree)
    }

    @Test("A forged line ends it")
    func forged() throws {
        try append("one")
        var follower = follower()
        _ = try follower.look { _, _ in }
        try append("two")
        var bytes = bench.bytes
        let place = try #require(bytes.lastIndex(of: UInt8(ascii: "w")))
        bytes[place] = UInt8(ascii: "W")
        try writeFileAtomically(bench.segment, bytes)
        var said: String?
        do { _ = try follower.look { _, _ in } } catch { said = "\(error)" }
        #expect(said?.contains("record 3") == true)
    }
}

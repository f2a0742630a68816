import Backup
import BackupJournal
import Digest
import JournalFormat
import JournalStore
import ScratchSpace
import Testing

@Suite("Appending to a journal")
struct AppendTests {
    private let bench: JournalBench

    init() throws {
        bench = try JournalBench()
    }

    @Test("A new journal holds journal.opened, and is not made twice")
    func genesis() throws {
        #expect(try bench.types() == ["journal.opened"])
        #expect(try bench.verdict().kind == .sound)
        let before = bench.bytes
        let again = Genesis(dataset: "dev", root: bench.root, sequencer: bench.sequencer, now: JournalBench.start)
        #expect(
            complaint { try again.write(to: bench.directory) }
                == "there is a journal in \(bench.directory.path) already")
        #expect(bench.bytes == before)
    }

    @Test("A receipt names the record's number, id, time and the hash of its line")
    func receipts() throws {
        let later = Timestamp(milliseconds: JournalBench.start.milliseconds + 5)
        var journal = try bench.open(now: later)
        let receipt = try #require(try journal.record([note("one")], author: nil).first)
        #expect(receipt.seq == 2 && receipt.ts == later && receipt.isNew)
        let line = bench.bytes.split(separator: UInt8(ascii: "\n"))[1] + [UInt8(ascii: "\n")]
        #expect(receipt.hash.hex == sha256(Array(line)))
        let size = journal.size
        #expect(size == 2)
    }

    @Test("A batch is appended in order, all at once")
    func batch() throws {
        var journal = try bench.open()
        let receipts = try journal.record(notes(5), author: nil)
        #expect(receipts.map(\.seq) == [2, 3, 4, 5, 6])
        #expect(Set(receipts.map(\.id)).count == 5)
        #expect(try bench.notes() == (0..<5).map { "note \($0)" })
        let none = try journal.record([], author: nil)
        #expect(none.isEmpty)
    }

    @Test("Opened again, the journal continues where it ended, and its clock does not go back")
    func reopening() throws {
        let late = Timestamp(milliseconds: JournalBench.start.milliseconds + 1000)
        try {
            var journal = try bench.open(now: late)
            _ = try journal.record([note("one")], author: nil)
        }()
        var journal = try bench.open(now: JournalBench.start)
        let receipt = try #require(try journal.record([note("two")], author: nil).first)
        #expect(receipt.seq == 3 && receipt.ts == late)
        #expect(try bench.verdict().kind == .sound)
    }

    @Test("The same id with the same content gives the first receipt; with other content it is refused")
    func idempotence() throws {
        try bench.enrolAuthor()
        let id = try #require(EventID("019c15a8-a5e0-7000-8000-000000000001"))
        var journal = try bench.open()
        let first = try #require(try journal.record([note("one")], author: nil, id: id).first)
        _ = try journal.record([note("other")], author: nil)
        let before = bench.bytes
        // when
        let again = try #require(try journal.record([note("one")], author: nil, id: id).first)
        // then
        #expect(again.seq == first.seq && again.id == id && again.hash == first.hash)
        #expect(first.isNew && !again.isNew)
        let taken = "event id \(id) stands in the journal with other content"
        for event in [try note("two"), try note("one", by: .author)] {
            var said: String?
            do { _ = try journal.record([event], author: bench.author, id: id) } catch { said = "\(error)" }
            #expect(said == taken)
        }
        #expect(bench.bytes == before)
        // The journal can still be used.
        let next = try journal.record([note("three")], author: nil)
        #expect(next.map(\.seq) == [5])
        #expect(try bench.verdict().kind == .sound)
    }

    @Test("An author's event is the author's own: the same words by another workstation are not the same event")
    func otherAuthor() throws {
        try bench.enrolAuthor()
        var journal = try bench.open()
        let other = JournalKey.generate(.author)
        let event = KeyEvent.keyEnrolled(
            role: "author", key: other.publicKey, name: "ws2",
            proof: ProofOfPossession.make(other.key, log: journal.log, role: .author))
        _ = try journal.record([NewEvent(event.type, by: .sequencer, event.data)], author: nil)
        let id = try #require(EventID("019c15a8-a5e0-7000-8000-000000000001"))
        _ = try journal.record([note("one", by: .author)], author: bench.author, id: id)
        let again = try journal.record([note("one", by: .author)], author: bench.author, id: id)
        #expect(again.first?.isNew == false)
        var said: String?
        do { _ = try journal.record([note("one", by: .author)], author: other, id: id) } catch { said = "\(error)" }
        #expect(said?.contains("with other content") == true)
    }

    @Test("Keys that are missing or not enrolled make nothing")
    func authorKeys() throws {
        var journal = try bench.open()
        let before = bench.bytes
        for (key, words) in [(nil, "needs the author key"), (bench.author, "not one that the journal accepts")]
            as [(JournalKey?, String)]
        {
            var said: String?
            do { _ = try journal.record([note("one", by: .author)], author: key) } catch { said = "\(error)" }
            #expect(said?.contains(words) == true)
        }
        #expect(bench.bytes == before)
    }

    @Test(
        "More than a day from the last record, either way, nothing is recorded or repaired until somebody vouches for the clock",
        arguments: [(1, "after"), (-1, "before")])
    func leap(direction: Int, word: String) throws {
        let day = 86_400_000
        func clock(_ distance: Int) -> Timestamp {
            Timestamp(milliseconds: JournalBench.start.milliseconds + direction * distance)
        }
        func append(_ text: String, _ distance: Int, trustsClock: Bool) throws {
            var journal = try bench.open(now: clock(distance), trustsClock: trustsClock)
            _ = try journal.record([note(text)], author: nil)
        }
        try append("a day", day, trustsClock: false)
        let before = bench.bytes
        let last = max(JournalBench.start, clock(day))
        let late = 2 * day + 1
        #expect(
            complaint { try append("more", late, trustsClock: false) }
                == "the clock says \(clock(late)), more than a day \(word) the last record (\(last)),"
                + " and nothing synchronises it")
        #expect(bench.bytes == before)
        try plant(bench.segment, before + [UInt8(ascii: "{")])
        #expect(complaint { _ = try bench.open(now: clock(late), trustsClock: false) } != nil)
        #expect(bench.bytes == before + [UInt8(ascii: "{")])
        try append("vouched for", late, trustsClock: true)
        #expect(try bench.notes() == ["a day", "vouched for"])
        #expect(try bench.directory.lastTime() == max(last, clock(late)))
    }

    @Test("The last record's time is found before a torn line, and from the segment before one that holds nothing else")
    func lastTime() throws {
        #expect(try bench.directory.lastTime() == JournalBench.start)
        try plant(bench.segment, bench.bytes + Array("{\"torn".utf8))
        #expect(try bench.directory.lastTime() == JournalBench.start)
        try plant(bench.directory.segmentPath(firstSeq: 4097), Array("{\"torn".utf8))
        #expect(try bench.directory.lastTime() == JournalBench.start)
        #expect(try JournalDirectory(bench.folder.appending("none")).lastTime() == nil)
    }

    @Test("Another sequencer's key opens nothing, nor does another root's fingerprint")
    func foreignKeys() throws {
        let other = JournalKey.generate(.sequencer)
        #expect(
            complaint { _ = try bench.open(by: other) } == "the sequencer key here is not one that the journal accepts")
        let pinned = complaint {
            _ = try Journal.open(
                bench.directory, .reading, lock: bench.lock, sequencer: bench.sequencer,
                pinnedRoot: JournalKey.generate(.root).id,
                clock: ClockRule(now: JournalBench.start) { true })
        }
        #expect(pinned?.contains("record 1: root:") == true)
    }

    @Test("An event that was signed elsewhere is checked, whatever follows it")
    func signedElsewhere() throws {
        var journal = try bench.open()
        let log = journal.log
        let events = try [UInt8(1), 2].map { number in
            SignedEvent(
                id: EventID(at: JournalBench.start, random: [UInt8](repeating: number, count: 10)), log: log,
                type: try #require(EventType("note")), ts: JournalBench.start, data: ["text": .string("x")],
                signedBy: bench.sequencer)
        }
        let before = bench.bytes
        let forged = SignedEvent(bytes: events[0].bytes.dropLast(90) + events[1].bytes.suffix(90))
        let said = complaint { _ = try journal.record(EventBatch(delivered: [forged, events[1]])) }
        #expect(said?.contains("record 2") == true)
        #expect(bench.bytes == before)
    }

    @Test("A batch with a bad event leaves nothing, and what was opened before appends nothing more after it")
    func badBatch() throws {
        var journal = try bench.open()
        let log = journal.log
        func event(_ number: UInt8, _ type: String) throws -> SignedEvent {
            SignedEvent(
                id: EventID(at: JournalBench.start, random: [UInt8](repeating: number, count: 10)), log: log,
                type: try #require(EventType(type)), ts: JournalBench.start, data: ["text": .string("x")],
                signedBy: bench.sequencer)
        }
        let before = bench.bytes
        var said: [String] = []
        // The second event may not be made by the sequencer.
        do { _ = try journal.record(EventBatch(delivered: [event(1, "note"), event(2, "snapshot.taken")])) } catch {
            said.append("\(error)")
        }
        #expect(bench.bytes == before)
        // What is in memory is ahead of the file: a line after it would break the chain.
        do { _ = try journal.record([note("late")], author: nil) } catch { said.append("\(error)") }
        #expect(said.count == 2)
        #expect(said.last == "the journal has 1 record, not 2")
        #expect(complaint { _ = try journal.signedHead() } == "the journal has 1 record, not 2")
        #expect(bench.bytes == before)
        #expect(try bench.verdict().kind == .sound)
    }

    @Test("An event that would make too long a line is refused")
    func tooLong() throws {
        var journal = try bench.open()
        var said: String?
        do { _ = try journal.record([note(String(repeating: "x", count: 65_000))], author: nil) } catch {
            said = "\(error)"
        }
        #expect(said?.contains("at most 65535 are allowed") == true)
        let next = try journal.record([note("short")], author: nil)
        #expect(next.map(\.seq) == [2])
    }

    @Test("Segments hold 4096 records, and a batch goes over their ends", .timeLimit(.minutes(10)))
    func segments() throws {
        var journal = try bench.open()
        let receipts = try journal.record(notes(4100), author: nil)
        #expect(receipts.last?.seq == 4101)
        let names = try bench.directory.segmentNames()
        #expect(names == ["000000000001.jsonl", "000000004097.jsonl"])
        #expect(bench.bytes.count { $0 == UInt8(ascii: "\n") } == 4096)
        _ = try journal.writeCheckpoint()
        let verdict = try bench.verdict()
        #expect(verdict.kind == .sound && verdict.records == 4101 && verdict.checkpoint == 4101)
    }
}

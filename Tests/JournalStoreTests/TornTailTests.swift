import Backup
import DurableFiles
import Foundation
import JournalFormat
import JournalStore
import ScratchSpace
import SystemPackage
import Testing

@Suite("What an interrupted write leaves")
struct TornTailTests {
    private let bench: JournalBench
    private let sound: [UInt8]
    private let whole: [UInt8]

    init() throws {
        let bench = try JournalBench()
        var journal = try bench.open()
        _ = try journal.record([note("kept")], author: nil)
        sound = bench.bytes
        _ = try journal.record([note("torn")], author: nil)
        whole = bench.bytes
        self.bench = bench
    }

    private func repaired(_ tail: [UInt8]) throws {
        // given
        try plant(bench.segment, sound + tail)
        #expect(try bench.verdict().kind == .torn)
        // when
        var journal = try bench.open()
        _ = try journal.record([note("next")], author: nil)
        // then
        #expect(bench.bytes.starts(with: sound))
        let verdict = try bench.verdict()
        #expect(verdict.kind == .sound)
        #expect(try bench.types() == ["journal.opened", "note", "journal.repaired", "note"])
        #expect(try bench.notes() == ["kept", "next"])
        // The bytes are kept aside, as the record says.
        var data: JSONObject = [:]
        _ = try bench.directory.replay { record, _ in
            if record.event.type == "journal.repaired" { data = record.event.data }
        }
        let kept = bench.directory.path.appending(try #require(data["kept"]?.string))
        #expect(contents(kept) == tail)
        #expect(data["bytes"]?.integer == tail.count)
        #expect(data["sha256"]?.string == sha256(tail))
        try removeFile(kept)
    }

    @Test("A line cut off after any number of bytes is kept aside, cut away and journalled")
    func everyLength() throws {
        let line = Array(whole[sound.count...])
        // A read-only look at each length; repairing, with its syncs, at some.
        for length in 1..<line.count {
            try plant(bench.segment, sound + line.prefix(length))
            let verdict = try bench.verdict()
            if verdict.kind != .torn || verdict.records != 2 || verdict.tornBytes != length {
                Issue.record("\(length) bytes: \(verdict.kind)")
            }
        }
        for length in 1..<line.count where length % 7 == 1 || length > line.count - 3 {
            try repaired(Array(line.prefix(length)))
        }
    }

    @Test("A last line with a run of NULs is torn, with LF and without")
    func nuls() throws {
        var line = Array(whole[sound.count...])
        line.replaceSubrange(40..<90, with: repeatElement(0, count: 50))
        try repaired(line)
        try repaired(line.dropLast())
        try repaired([0])
    }

    @Test("A line with NULs takes what follows it along: whole lines, a part of one, garbage")
    func nulsBeforeOthers() throws {
        var journal = try bench.open()
        _ = try journal.record([note("behind")], author: nil)
        journal.close()
        var tail = Array(bench.bytes[sound.count...])
        tail.replaceSubrange(40..<90, with: repeatElement(0, count: 50))
        try repaired(tail)
        try repaired(tail.dropLast(7))
        try repaired(tail + Array("garbage\n".utf8))
    }

    @Test("Opening a journal that was not torn repairs nothing")
    func nothing() throws {
        _ = try bench.open()
        #expect(bench.bytes == whole)
        #expect(records(bench) == ["000000000001.jsonl"])
    }

    @Test("At or below the journal's own checkpoint nothing is torn: what was acknowledged is missing")
    func acknowledged() throws {
        try {
            let journal = try bench.open()
            _ = try journal.writeCheckpoint()
        }()
        var holed = whole
        holed.replaceSubrange(40..<90, with: repeatElement(0, count: 50))
        try plant(bench.segment, holed)
        #expect(complaint { _ = try bench.open() }?.contains("record 1: empty") == true)
        holed = whole
        holed[sound.count - 40] = 0
        try plant(bench.segment, holed)
        #expect(complaint { _ = try bench.open() }?.contains("record 2: shorter-than-head") == true)
        #expect(bench.bytes == holed)
        for length in [0, 1, whole.count - sound.count - 1] {
            let bytes = Array(whole.prefix(sound.count + length))
            try plant(bench.segment, bytes)
            #expect(complaint { _ = try bench.open() }?.contains("record 3: shorter-than-head") == true)
            #expect(bench.bytes == bytes)
        }
    }

    @Test("Damage is not repaired: nothing is written")
    func damage() throws {
        var changed = whole
        changed[sound.count - 200] ^= 1
        for bytes in [changed, sound + Array("garbage\n".utf8), sound + Array("\n".utf8), Array(sound.dropFirst())] {
            try plant(bench.segment, bytes)
            #expect(complaint { _ = try bench.open() }?.contains("damaged or forged") == true)
            #expect(bench.bytes == bytes)
        }
        #expect(records(bench) == ["000000000001.jsonl"])
    }

    @Test("A tail after 4096 whole lines is torn, too", .timeLimit(.minutes(10)))
    func behindFullSegment() throws {
        try {
            var journal = try bench.open()
            _ = try journal.record(notes(4093), author: nil)
        }()
        let full = bench.bytes
        try plant(bench.segment, full + Array("{\"v\":1".utf8))
        let verdict = try bench.verdict()
        #expect(verdict.kind == .torn && verdict.finding?.record == 4097)
        try {
            var journal = try bench.open()
            _ = try journal.record([note("next")], author: nil)
        }()
        #expect(bench.bytes == full)
        #expect(try bench.verdict().records == 4098)
    }

    @Test("A journal that this version cannot read is not cut")
    func unreadable() throws {
        let unknown = try {
            let journal = try bench.open()
            let data: JSONObject = ["text": .string("x")]
            // A newer version wrote it: its line is sound.
            let event = SignedEvent(
                id: EventID(at: JournalBench.start, random: [UInt8](repeating: 9, count: 10)), log: journal.log,
                type: try #require(EventType("newer.type")), ts: JournalBench.start, data: data,
                signedBy: bench.sequencer)
            let line = event.line(
                at: RecordPlace(
                    log: journal.log, epoch: 1, seq: journal.size + 1, prev: journal.replay.verifier.head,
                    ts: JournalBench.start), signedBy: bench.sequencer)
            return whole + line + Array("{\"v\"".utf8)
        }()
        try plant(bench.segment, unknown)
        #expect(complaint { _ = try bench.open() }?.contains("cannot be used: record 4") == true)
        #expect(bench.bytes == unknown)
    }
}

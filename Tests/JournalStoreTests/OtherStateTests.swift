import Digest
import JournalFormat
import JournalStore
import ScratchSpace
import Sodium
import SystemPackage
import Testing

/// A journal of readings, which knows nothing of backups.
private struct Readings: JournalState {
    static let initial = Readings()

    private(set) var sum = 0
    private(set) var size = 0

    static func isUnchanged(by type: Span<UInt8>, schema: Int) -> Bool {
        !type.hasSameBytes(as: Array("x.reading".utf8).span)
    }

    mutating func evolve(_ record: Record) throws(ProjectionError) {
        size = record.seq
        guard record.event.type == "x.reading" else { return }
        guard let value = record.event.data["value"]?.integer else {
            throw ProjectionError(record: record.seq, message: "a reading has a value")
        }
        sum += value
    }

    mutating func pass(seq: Int, hash: SHA256Digest, ts: Timestamp) { size = seq }

    var summary: String { "sum \(sum)" }
}

@Suite("A journal of something else than backups")
struct OtherStateTests {
    private let scratch: ScratchDirectory
    private let directory: JournalDirectory
    private let root = JournalKey.generate(.root)
    private let sequencer = JournalKey.generate(.sequencer)

    init() throws {
        scratch = try ScratchDirectory()
        directory = JournalDirectory(scratch.path.appending("journal"), of: Readings.self)
        try Genesis(dataset: "readings", root: root, sequencer: sequencer, now: JournalBench.start)
            .write(to: directory)
    }

    private func open(_ opening: Journal.Opening) throws -> Journal {
        try Journal.open(
            directory, opening, lock: scratch.path.appending("lock"), sequencer: sequencer, pinnedRoot: root.id,
            clock: ClockRule(now: JournalBench.start) { true })
    }

    private func reading(_ value: JSONValue) throws -> NewEvent {
        NewEvent(try #require(EventType("x.reading")), by: .sequencer, ["value": value])
    }

    @Test("What its records add up to is read, appended to and taken up from the cache")
    func state() throws {
        var journal = try open(.reading)
        _ = try journal.record([try reading(.integer(3)), try note("between"), try reading(.integer(4))], author: nil)
        #expect((journal.replay.anyState as? Readings)?.sum == 7)
        journal.close()
        var resumed = try open(.resuming(.anything))
        #expect(resumed.replay.summary == "sum 7")
        _ = try resumed.record([try reading(.integer(5))], author: nil)
        resumed.close()
        let read = try #require(try directory.replay().anyState as? Readings)
        #expect(read.sum == 12 && read.size == 5)
        #expect(try open(.resuming(.line)).replay.summary == "sum 12", "known without the state")
    }

    @Test("What its state refuses is not recorded")
    func refusal() throws {
        var journal = try open(.reading)
        #expect(complaint { _ = try journal.record([try reading(.string("three"))], author: nil) } != nil)
        journal.close()
        #expect(try directory.replay().verifier.size == 1)
    }
}

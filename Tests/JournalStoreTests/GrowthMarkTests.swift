import DurableFiles
import JournalFormat
import JournalStore
import ScratchSpace
import Testing

@Suite("The mark of a journal that has grown")
struct GrowthMarkTests {
    private let bench: JournalBench

    init() throws { bench = try JournalBench() }

    private func append() throws {
        var journal = try bench.open(.resuming(.line))
        _ = try journal.record([note("a")], author: nil)
    }

    @Test("An append leaves it, before its lines can be read; it stays until somebody takes it away")
    func appended() throws {
        #expect(!bench.directory.hasGrown)
        var journal = try bench.open()
        let batch = try journal.prepare([BatchEntry(note("a"))], author: nil)
        let lines = try orReason { () throws(BatchFailure) in try journal.append(batch) }
        #expect(bench.directory.hasGrown, "though nothing is on the disk yet")
        _ = try journal.confirm(lines)
        journal.close()
        try append()
        #expect(bench.directory.hasGrown)
        try bench.directory.clearGrowthMark()
        #expect(!bench.directory.hasGrown)
        try bench.directory.clearGrowthMark()
        try append()
        #expect(bench.directory.hasGrown)
    }

    @Test("What only reads leaves none, and neither does an event that was recorded before")
    func reading() throws {
        var journal = try bench.open()
        let id = EventID(at: JournalBench.start, random: Array(repeating: 7, count: 10))
        _ = try journal.record([note("a")], author: nil, id: id)
        journal.close()
        try bench.directory.clearGrowthMark()
        let again = try bench.open(.resuming(.line))
        _ = try again.writeCheckpoint()
        again.close()
        var third = try bench.open(.resuming(.line))
        let receipts = try third.record([note("a")], author: nil, id: id)
        third.close()
        #expect(receipts.map(\.isNew) == [false])
        _ = try bench.verdict()
        #expect(!bench.directory.hasGrown)
    }

    @Test("Something else of that name keeps nobody from appending, and a verifier takes no notice of it")
    func otherThing() throws {
        try makeDirectories(bench.directory.growthMark)
        try append()
        #expect(try bench.notes() == ["a"])
        #expect(try bench.verdict().kind == .sound)
    }
}

import JournalFormat
import Testing

@testable import Backup

@Suite("Which records a reader wants to see")
struct RecordFilterTests {
    private let events = [
        Happened(type: "journal.opened", data: ["dataset": .string("dev")]), snapshot("2026-01"),
        Happened(type: "x.backup.mail", data: [:]), snapshot("2026-02"),
        Happened(
            type: "restore.released",
            data: ["label": .string("dev@2026-02"), "chain": .array([.string("dev@2026-01")])]),
    ]

    private func found(_ filter: RecordFilter) -> (seqs: [Int], unknown: [String]) {
        var filter = filter
        var seqs: [Int] = []
        for (index, event) in events.enumerated() {
            let record = record(event, index + 1)
            if filter.matches(record, KeyNames()) { seqs.append(record.seq) }
        }
        return (seqs, filter.unknownValues(KeyNames()))
    }

    @Test("Without criteria all of them")
    func everything() {
        #expect(found(RecordFilter()).seqs == [1, 2, 3, 4, 5])
    }

    @Test("By type, by the beginning of a type, by label also within a chain, by time; all criteria at once")
    func criteria() {
        var filter = RecordFilter()
        filter.types = ["snapshot.taken", "x."]
        #expect(found(filter).seqs == [2, 3, 4])
        filter.labels = ["dev@2026-02"]
        #expect(found(filter).seqs == [4])
        filter = RecordFilter()
        filter.labels = ["dev@2026-01"]
        #expect(found(filter).seqs == [2, 5])
        filter = RecordFilter()
        filter.since = record(events[1], 2).ts
        filter.until = record(events[2], 3).ts
        #expect(found(filter).seqs == [2, 3])
        filter = RecordFilter()
        filter.authors = ["00000000000000000000000000000001"]
        #expect(found(filter).seqs == [1, 2, 3, 4, 5])
    }

    @Test("What stands nowhere is reported, most often a slip of the pen")
    func unknown() {
        var filter = RecordFilter()
        filter.types = ["snapshot.taken", "snapshot.token", "note", "x.none", "artifact."]
        filter.labels = ["dev@2019-01"]
        filter.authors = ["nobody"]
        #expect(
            found(filter).unknown == [
                "snapshot.token is not a type that this version knows", "no record is of type note",
                "no record is of type x.none", "no record is of type artifact.", "no record is about dev@2019-01",
                "no key has the name or id nobody",
            ])
    }
}

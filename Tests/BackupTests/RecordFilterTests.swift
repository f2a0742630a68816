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

    @Test(
        "By what the data says: strings, numbers, truth, nothing, one of several, members of members",
        arguments: [
            ("label=dev@2026-01", true), ("label=dev", false), ("bytes=42", true), ("bytes=042", false),
            ("kept=null", true), ("kept=", false), ("ok=true", true), ("paths=b", true), ("paths=c", false),
            ("reason.rule=first", true), ("reason.why=a=b", true), ("reason=first", false), ("a.b=dotted", true),
            ("a.c=below", true), ("none=1", false), ("reason.rule.more=1", false),
        ])
    func data(text: String, isMet: Bool) throws {
        let data: JSONObject = [
            "label": .string("dev@2026-01"), "bytes": .integer(42), "kept": .null, "ok": .bool(true),
            "paths": .array([.string("a"), .string("b")]),
            "reason": .object(["rule": .string("first"), "why": .string("a=b")]), "a.b": .string("dotted"),
            "a": .object(["c": .string("below")]),
        ]
        #expect(try #require(DataCondition(text)).isMet(by: data) == isMet)
    }

    @Test("Conditions on one field are one criterion, those on several all have to be met")
    func conditions() throws {
        #expect(DataCondition("=x") == nil && DataCondition("x") == nil)
        var filter = RecordFilter()
        filter.conditions = ["label=dev@2026-01", "label=dev@2026-02"].compactMap(DataCondition.init)
        #expect(found(filter).seqs == [2, 4, 5])
        filter.conditions += ["chain=dev@2026-01"].compactMap(DataCondition.init)
        #expect(found(filter).seqs == [5])
        filter.conditions += ["dataset=other"].compactMap(DataCondition.init)
        #expect(found(filter).seqs == [] && found(filter).unknown.contains("no event says dataset=other"))
        filter = RecordFilter()
        filter.from = 4
        #expect(found(filter).seqs == [4, 5])
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

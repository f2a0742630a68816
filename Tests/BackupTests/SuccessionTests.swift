import Digest
import JournalFormat
import Testing

@testable import Backup

@Suite("A journal that succeeds another")
struct SuccessionTests {
    private let log = "019c15a4-1200-767e-aacb-e773cdde221d"
    private let root = "a90a30c3ec98375a73f5082d5bc28349"

    /// What the old journal adds up to, and where it ends.
    private func succession(
        _ events: [Happened], dataset: String = "dev", reason: String = "fire"
    ) throws -> Succession {
        let old = Succession.Head(
            log: try #require(EventID(log)), root: try #require(KeyID(root)), epoch: 2, size: 41,
            head: SHA256.hash([1].span), merkleRoot: SHA256.hash([2].span))
        return try Succession(
            of: old, given(events).state, dataset: dataset,
            source: .init(bytes: 9, sha256: sha256("lines"), checkpoint: 40), reason: reason,
            thisMonth: label("2026-12"))
    }

    private func succeeds(_ succession: Succession) -> Happened {
        Happened(type: "journal.succeeds", data: succession.event.data)
    }

    private var lost: [Happened] {
        [Happened(type: "recipient.set", data: ["recipients": .array([.string("age1old")])])]
            + month(full("2026-01")) + [uploaded("2026-01")] + month(increment("2026-02", from: "2026-01"), bytes: 11)
    }

    private func heir() throws -> [Happened] { [succeeds(try succession(lost))] }

    @Test("It says what was lost, and is read as it was said")
    func roundTrip() throws {
        let said = try succession(lost)
        #expect(said.event.author == .sequencer)
        #expect(said.event.data["artifacts"] == .integer(2))
        #expect(said.event.data["bytes"] == .integer(111))
        #expect(said.event.data["last_label"] == .string("dev@2026-02"))
        #expect(said.event.data["recipients"] == .array([.string("age1old")]))
        #expect(said.event.data["stores"] == .array([.string("r2")]))
        #expect(given([succeeds(said)]).state.succession == said)
        let nothing = try succession([])
        #expect(nothing.event.data["last_label"] == .null)
        #expect(given([succeeds(nothing)]).state.succession == nothing)
    }

    @Test("One that succeeds one that succeeded another continues from the label that both know")
    func twice() throws {
        #expect(try succession(heir()).lastLabel == label("2026-02"))
    }

    @Test("Lines of another data set, and a reason that is not a line, are refused")
    func refused() {
        #expect(throws: DecisionError.self) { try succession(lost, dataset: "photos") }
        #expect(throws: DecisionError.self) { try succession(lost, reason: "") }
        #expect(throws: DecisionError.self) { try succession(lost, reason: "two\nlines") }
    }

    @Test("It is record 2 and nothing else")
    func place() throws {
        var state = given([snapshot("2026-01")]).state
        let late = record(succeeds(try succession(lost)), 3)
        #expect(throws: ProjectionError(record: 3, message: "journal.succeeds is not record 2")) {
            try evolve(&state, late)
        }
    }

    @Test(
        "Each member is missed",
        arguments: [
            "log", "root", "epoch", "size", "head", "merkle_root", "last_ts", "last_label", "artifacts", "bytes",
            "recipients", "stores", "known_by", "reason",
        ])
    func members(_ name: String) throws {
        for value in [nil, .string(""), .integer(-1), .array([.null]), .object([:]), .bool(true)] as [JSONValue?] {
            var data = JSONObject()
            for member in try succession(lost).event.data.members where member.key != name {
                data[member.key] = member.value
            }
            data[name] = value
            var state = given().state
            #expect(throws: ProjectionError(record: 2, message: "journal.succeeds has no proper \(name)")) {
                try evolve(&state, record(Happened(type: "journal.succeeds", data: data), 2))
            }
        }
    }

    @Test("No old artifact is known: the first one is an anchor, and says why; then the rules continue as ever")
    func anchor() throws {
        #expect(given(try heir()).state.order.isEmpty)
        given(try heir() + [snapshot("2026-03")]).when(seal(full("2026-03"))).then("artifact.sealed")
            .with("reason", #"{"rule":"succession"}"#)
        given(try heir() + [snapshot("2026-03")]).when(seal(increment("2026-03", from: "2026-02")))
            .thenRefused("an anchor is due for dev@2026-03 (rule succession)")
        let next = given(try heir() + month(full("2026-03"))).state.policy.next(label("2026-04"))
        #expect(next.kind == .incremental(parent: label("2026-03")))
        let nothing = given(try heir() + month(full("2026-03")) + [withdrawn("2026-03")]).state
        #expect(nothing.policy.next(label("2026-04")).reason == .succession)
    }

    @Test("A month of the future that somebody had registered there does not end the new journal's months")
    func future() throws {
        #expect(try succession(lost + month(full("9999-12"))).lastLabel == label("2026-02"))
        #expect(try succession(month(full("9999-12"))).lastLabel == nil)
    }

    @Test("Older months are refused; the last one may be taken again")
    func labels() throws {
        given(try heir()).when(take("2026-01")).thenRefused("dev@2026-01 is before dev@2026-02")
        given(try heir()).when(take("2026-02")).then("snapshot.taken")
        given(try heir() + [snapshot("2026-02")]).when(seal(full("2026-02"))).then("artifact.sealed")
        given(try heir() + [snapshot("2026-01")]).when(seal(full("2026-01"))).thenRefused("labels only grow")
    }

    @Test("Every audit tells it, whatever was signed, with the months that are missing since")
    func audit() throws {
        let events = try heir() + month(full("2026-04"))
        var audit = Audit(usesMirror: false)
        var records = [Happened(type: "journal.opened", data: ["dataset": .string("dev")])] + events
        for (index, event) in records.enumerated() { audit.take(record(event, index + 1)) }
        func found() -> [AuditFinding] {
            audit.report(now: record(records[0], 1).ts, thisMonth: label("2026-05")).findings
        }
        let finding = try #require(found().first { $0.slug == .journalSucceeds })
        #expect(finding.severity == .notable)
        #expect(finding.sentence.contains("lost: 2 artifacts (111 B) up to dev@2026-02, and all that is in r2;"))
        #expect(finding.sentence.contains("r2"))
        #expect(found().contains { $0.slug == .monthMissing && $0.sentence.contains("2026-03: dev@2026-04 follows") })
        let review = Review(
            upTo: records.count, head: SHA256Digest(), reviewer: "auditor",
            findings: audit.report(now: record(records[0], 1).ts, thisMonth: label("2026-05")).findings)
        records.append(Happened(type: "review.signed", data: ReviewSigned.event(review).data))
        audit.take(record(records[records.count - 1], records.count))
        #expect(found().map(\.slug) == [.journalSucceeds])
    }
}

import JournalFormat
import Testing

@testable import Backup

@Suite("Scrub")
struct ScrubDecisionTests {
    private let day = 86_400_000
    /// An anchor of 1,000 bytes and two increments, registered at minutes 4, 7 and 10; then another anchor.
    private let events =
        month(full("2026-01"), bytes: 1000) + month(increment("2026-02", from: "2026-01"))
        + month(increment("2026-03", from: "2026-02")) + month(full("2026-04"), bytes: 1000)

    private func checked(_ month: String, _ result: String) -> Happened {
        Happened(
            type: "artifact.verified",
            data: [
                "label": .string("\(label(month))"), "sha256": .string(sha256("")), "bytes": .integer(100),
                "result": .string(result),
            ])
    }

    private func due(_ more: [Happened] = [], after days: Int, share: Int) -> (months: [String], left: Int) {
        let state = given(events + more).state
        let now = Timestamp(milliseconds: state.lastTime.milliseconds + days * day)
        let plan = ScrubPlan(state, now: now, every: 30 * day, share: share)
        return (plan.entries.map(\.artifact.label.monthText), plan.left)
    }

    @Test("Nothing is due before its time; then the oldest check first, as far as the share goes")
    func share() {
        #expect(due(after: 29, share: 100) == ([], 0))
        #expect(due(after: 31, share: 100) == (["2026-01", "2026-02", "2026-03", "2026-04"], 0))
        #expect(due(after: 31, share: 1) == (["2026-01"], 3))
        #expect(due(after: 31, share: 50) == (["2026-01", "2026-02"], 2))
        #expect(due([checked("2026-01", "ok"), checked("2026-02", "ok")], after: 31, share: 1) == (["2026-03"], 3))
    }

    @Test("What is broken is due until it is mended, and comes first")
    func broken() {
        let damaged = [checked("2026-03", "damaged")]
        #expect(due(damaged, after: 0, share: 1) == (["2026-03"], 0))
        #expect(due(damaged, after: 31, share: 1) == (["2026-03"], 3))
        #expect(due(damaged + [checked("2026-03", "ok")], after: 0, share: 1) == ([], 0))
        let stored = Happened(
            type: "artifact.stored",
            data: [
                "label": .string("dev@2026-03"), "sha256": .string(sha256("")), "local_path": .string("artifacts/x"),
            ])
        #expect(due(damaged + [stored], after: 0, share: 1) == ([], 0))
    }

    @Test("What is not there comes first and takes none of the share, so that the others are read all the same")
    func missing() {
        #expect(due([checked("2026-01", "missing")], after: 31, share: 1) == (["2026-01", "2026-02"], 2))
    }

    @Test(
        "What is missing after a rebuild is only in the mirror, where that has it, until it is stored again")
    func onlyMirrored() throws {
        func mirroredOnly(_ events: [(epoch: Int, event: Happened)]) throws -> Bool? {
            var state = BackupState.initial
            for (epoch, event) in events {
                let plain = record(event, state.seq + 1)
                try evolve(
                    &state,
                    Record(
                        seq: plain.seq, epoch: epoch, ts: plain.ts, kid: plain.kid, event: plain.event,
                        hash: plain.hash))
            }
            return state.entries[label("2026-01")]?.isOnlyMirrored
        }
        let opened = Happened(type: "journal.opened", data: ["dataset": .string("dev")])
        let start = ([opened] + month(full("2026-01"), bytes: 1000)).map { (epoch: 1, event: $0) }
        let mirrored = start + [(1, uploaded("2026-01"))]
        let missing = checked("2026-01", "missing")
        func begun(_ reason: String) -> (epoch: Int, event: Happened) {
            (2, Happened(type: "epoch.started", data: ["reason": .string(reason)]))
        }
        let rebuilt = begun("rebuilt from the mirror")
        #expect(try mirroredOnly(mirrored + [(1, missing)]) == false)
        #expect(try mirroredOnly(start + [rebuilt, (2, missing)]) == false)
        #expect(try mirroredOnly(mirrored + [rebuilt, (2, missing)]) == true)
        #expect(try mirroredOnly(mirrored + [rebuilt, (3, missing)]) == true)
        #expect(try mirroredOnly(mirrored + [rebuilt, (2, checked("2026-01", "ok")), (2, missing)]) == false)
        #expect(try mirroredOnly(mirrored + [rebuilt, (2, missing), (2, checked("2026-01", "damaged"))]) == false)
        // A new key on the same disk takes nothing away from it.
        #expect(try mirroredOnly(mirrored + [begun("the sequencer's key was changed"), (2, missing)]) == false)
    }

    @Test("What needs an artifact: the rest of its chain, not another anchor")
    func dependents() {
        let state = given(events).state
        #expect(state.dependents(on: label("2026-01")) == [label("2026-02"), label("2026-03")])
        #expect(state.dependents(on: label("2026-03")) == [])
        #expect(state.dependents(on: label("2026-04")) == [])
    }

    @Test("A result is recorded with what was found; the same damage once")
    func results() {
        func check(_ condition: BackupState.Condition, content: String = "") -> Command {
            .recordCheck(
                label("2026-01"), sha256: sha256(content), condition,
                found: condition == .damaged ? (sha256("other"), 7) : nil)
        }
        given(events).when(check(.ok)).then("artifact.verified").with("result", "\"ok\"")
        given(events).when(check(.damaged)).then("artifact.verified").with("found_bytes", "7")
        given(events + [checked("2026-01", "damaged")]).when(check(.damaged)).then()
        given(events + [checked("2026-01", "damaged")]).when(check(.missing)).then("artifact.verified")
        given(events + [checked("2026-01", "damaged")]).when(check(.ok)).then("artifact.verified")
        given(events).when(check(.ok, content: "x")).thenRefused("is registered with hash")
        given().when(check(.ok)).thenRefused("no artifact", .notFound)
    }
}

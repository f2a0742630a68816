import JournalFormat
import Testing

@testable import Backup

@Suite("When an anchor is due")
struct AnchorPolicyTests {
    private let january = month(full("2026-01"), bytes: 100)

    /// January's anchor of 100 bytes and one increment.
    private func increments(of bytes: Int) -> [Happened] {
        january + month(increment("2026-02", from: "2026-01"), bytes: bytes) + [snapshot("2026-03")]
    }

    @Test("The first artifact is an anchor")
    func first() {
        given([snapshot("2026-01")]).when(seal(full("2026-01"))).then("artifact.sealed").with(
            "reason", #"{"rule":"first"}"#)
        given([snapshot("2026-02")]).when(seal(increment("2026-02", from: "2026-01"))).thenRefused("rule first")
    }

    @Test("Increments one byte below the anchor's size ask for another increment")
    func oneByteBelow() {
        given(increments(of: 99)).when(seal(increment("2026-03", from: "2026-02")))
            .then("artifact.sealed").with("reason", #"{"rule":"incremental","increments":99,"anchor":100,"months":2}"#)
    }

    @Test("Increments exactly of the anchor's size ask for an anchor")
    func equality() {
        given(increments(of: 100)).when(seal(full("2026-03")))
            .then("artifact.sealed").with("reason", #"{"rule":"size","increments":100,"anchor":100}"#)
        given(increments(of: 100)).when(seal(increment("2026-03", from: "2026-02"))).thenRefused("rule size")
        given(increments(of: 101)).when(seal(increment("2026-03", from: "2026-02"))).thenRefused("an anchor is due")
    }

    @Test("Increments are added up, and an anchor starts again")
    func addedUp() {
        let events =
            january + month(increment("2026-02", from: "2026-01"), bytes: 60)
            + month(increment("2026-03", from: "2026-02"), bytes: 40)
        given(events + [snapshot("2026-04")]).when(seal(increment("2026-04", from: "2026-03"))).thenRefused("rule size")
        let anew = events + month(full("2026-04"), bytes: 50) + [snapshot("2026-05")]
        given(anew).when(seal(increment("2026-05", from: "2026-04")))
            .then("artifact.sealed").with("reason", #"{"rule":"incremental","increments":0,"anchor":50,"months":1}"#)
    }

    @Test(
        "Twelve months are counted by label: not at eleven, at twelve and at thirteen, months without a backup included"
    )
    func twelveMonths() {
        given(january + [snapshot("2026-12")]).when(seal(increment("2026-12", from: "2026-01")))
            .then("artifact.sealed").with("reason", #"{"rule":"incremental","increments":0,"anchor":100,"months":11}"#)
        for (month, count) in [("2027-01", 12), ("2027-02", 13)] {
            let story = given(january + [snapshot(month)])
            story.when(seal(full(month)), in: month).then("artifact.sealed").with(
                "reason", #"{"rule":"months","months":\#(count)}"#)
            story.when(seal(increment(month, from: "2026-01")), in: month).thenRefused("rule months")
        }
    }

    @Test("A forgotten month is skipped: the increment is from the last label")
    func skippedMonth() {
        let story = given(january + month(increment("2026-02", from: "2026-01"), bytes: 10) + [snapshot("2026-05")])
        story.when(seal(increment("2026-05", from: "2026-02"))).then("artifact.sealed").with(
            "parent", #""dev@2026-02""#)
        story.when(seal(increment("2026-05", from: "2026-04"))).thenRefused("must be an incremental from dev@2026-02")
    }

    @Test("An early full is accepted as requested")
    func earlyFull() {
        given(january + [snapshot("2026-02")]).when(seal(full("2026-02")))
            .then("artifact.sealed").with("reason", #"{"rule":"requested"}"#)
    }

    @Test("An increment from another label than the last is refused")
    func wrongParent() {
        let events = january + month(increment("2026-02", from: "2026-01"), bytes: 10) + [snapshot("2026-03")]
        given(events).when(seal(increment("2026-03", from: "2026-01")))
            .thenRefused("must be an incremental from dev@2026-02, not from dev@2026-01")
    }

    @Test("Where an artifact in the middle was withdrawn, the next is an anchor: what hangs on it cannot be restored")
    func brokenChain() {
        let events =
            january + month(increment("2026-02", from: "2026-01"), bytes: 10)
            + month(increment("2026-03", from: "2026-02"), bytes: 10) + [withdrawn("2026-02"), snapshot("2026-04")]
        let story = given(events)
        story.when(seal(increment("2026-04", from: "2026-03"))).thenRefused("an anchor is due")
        story.when(seal(full("2026-04"))).then("artifact.sealed")
        // The same with an older anchor before the one withdrawn.
        let older = january + month(full("2026-02")) + month(increment("2026-03", from: "2026-02"), bytes: 10)
        given(older + [withdrawn("2026-02"), snapshot("2026-04")])
            .when(seal(increment("2026-04", from: "2026-03"))).thenRefused("an anchor is due")
    }

    @Test("The label from which an anchor is due is reported")
    func dueFrom() {
        #expect(given().state.policy.anchorDueFrom == nil)
        #expect(given(january).state.policy.anchorDueFrom == label("2027-01"))
        #expect(given(increments(of: 99)).state.policy.anchorDueFrom == label("2027-01"))
        #expect(given(increments(of: 100)).state.policy.anchorDueFrom == label("2026-03"))
    }

    @Test("What is next agrees with what is accepted, over twenty months")
    func nextIsAccepted() {
        var events: [Happened] = []
        var anchors: [String] = []
        for number in 0..<20 {
            let name = label("2026-01").adding(months: number)
            let next = given(events).state.policy.next(name)
            let artifact = ArtifactName(name, next.kind)
            events.append(snapshot(name.monthText))
            given(events).when(seal(artifact), in: "2028-01").then("artifact.sealed").with(
                "reason", JSONValue.object(next.reason.json).text)
            events += month(artifact, bytes: next.kind == .full ? 100 : 15).dropFirst()
            if next.kind == .full { anchors.append(name.monthText) }
        }
        // Seven increments of 15 bytes reach 100.
        #expect(anchors == ["2026-01", "2026-09", "2027-05"])
    }
}

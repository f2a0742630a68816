import Testing

@testable import Backup

@Suite("Room that a step needs")
struct SpaceNeedTests {
    @Test("What leaves the reserve alone may have it, to the byte")
    func boundary() {
        let need = SpaceNeed("storing it", bytes: 100)
        #expect(need.refusal(free: 100, reserve: 0) == nil)
        #expect(need.refusal(free: 150, reserve: 50) == nil)
        #expect(need.refusal(free: 99, reserve: 0) == "storing it needs 100 B, 99 B is free")
        #expect(
            need.refusal(free: 149, reserve: 50)
                == "storing it needs 100 B, 149 B is free, and 50 B is kept in reserve")
        #expect(SpaceNeed("it", bytes: .max).refusal(free: .max, reserve: 1) != nil)
    }

    @Test("An estimate is called one")
    func estimate() {
        let need = SpaceNeed("sealing it", bytes: 2048, estimate: "a quarter of the anchor")
        #expect(
            need.refusal(free: 1024, reserve: 0)
                == "sealing it needs 2.0 KiB (an estimate: a quarter of the anchor), 1.0 KiB is free")
    }

    @Test("The usual reserve is a twentieth, at most 1 GiB; a configured one is what it says")
    func reserve() {
        #expect(SpaceReserve.usual.bytes(ofTotal: 0) == 0)
        #expect(SpaceReserve.usual.bytes(ofTotal: 200 << 20) == 10 << 20)
        #expect(SpaceReserve.usual.bytes(ofTotal: 4 << 40) == 1 << 30)
        #expect(SpaceReserve.bytes(7).bytes(ofTotal: 4 << 40) == 7)
    }

    private func expected(_ name: ArtifactName, after events: [Happened]) -> Int? {
        given(events).state.sealingNeed(name)?.bytes
    }

    @Test("Of the first artifact nothing is known; of the others what those before let expect")
    func sealing() {
        var events: [Happened] = []
        #expect(expected(full("2026-01"), after: events) == nil)
        events += month(full("2026-01"), bytes: 1000)
        let second = increment("2026-02", from: "2026-01")
        #expect(expected(second, after: events) == 250)
        events += month(second, bytes: 300)
        let third = increment("2026-03", from: "2026-02")
        #expect(expected(third, after: events) == 600)
        events += month(third, bytes: 10) + month(increment("2026-04", from: "2026-03"), bytes: 20)
        let fifth = increment("2026-05", from: "2026-04")
        #expect(expected(fifth, after: events) == 600)
        // Only the last three count.
        events += month(fifth, bytes: 30)
        #expect(expected(increment("2026-06", from: "2026-05"), after: events) == 60)
        #expect(expected(full("2026-06"), after: events) == 1700)
        // Increments of an earlier anchor say nothing of those of the next.
        events += month(full("2026-06"), bytes: 2000)
        #expect(expected(increment("2026-07", from: "2026-06"), after: events) == 500)
    }

    @Test("A restore takes what is received: the send streams, or the artifacts where those are not known")
    func restoring() throws {
        let events = month(full("2026-01"), bytes: 1000) + month(increment("2026-02", from: "2026-01"), bytes: 300)
        let plan = try RestorePlan(label("2026-02"), given(events).state)
        #expect(plan.receivingNeed(from: 0).bytes == 3900)
        #expect(plan.receivingNeed(from: 1).bytes == 900)
        #expect(plan.receivingNeed(from: 2).bytes == 0)
        let unknown = try RestorePlan(label("2026-01"), given([registered(full("2026-01"), bytes: 70)]).state)
        #expect(unknown.receivingNeed(from: 0).bytes == 70)
    }
}

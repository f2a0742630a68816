import Testing

@testable import JournalFormat

struct EventIDSetTests {
    @Test("Ids made to share low XOR high times a constant cost no more than any others")
    func chosenIDs() {
        // given ids that all fell on one slot when only their mixture met a secret
        let ids = (1...80_000).compactMap { number -> EventID? in
            let high = UInt64(number) << 16 | 0x7000
            let low = 0x8000_0000_0000_0001 ^ (high &* 0x9e37_79b9_7f4a_7c15)
            return low >> 62 == 2 ? EventID(text(high, low)) : nil
        }
        // when they are all put in
        var set = EventIDSet()
        var inserted = 0
        let time = ContinuousClock().measure { for id in ids where set.insert(id) { inserted += 1 } }
        // then each is there, in a time that grows with their number only
        #expect(ids.count > 5_000 && inserted == ids.count)
        #expect(time < .seconds(5))
    }

    private func text(_ high: UInt64, _ low: UInt64) -> String {
        var digits = [high, low].flatMap { word in
            let text = String(word, radix: 16)
            return Array(String(repeating: "0", count: 16 - text.count) + text)
        }
        for place in [20, 16, 12, 8] { digits.insert("-", at: place) }
        return String(digits)
    }
}

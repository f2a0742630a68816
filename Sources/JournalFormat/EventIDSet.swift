/// The ids of all events so far: an open-addressing table of 16 bytes a slot, which stays below 32 MiB for a million.
///
/// Ids come from other machines, so secret multipliers, one for each half of an id, keep anyone from choosing ones that
/// fall together.
struct EventIDSet {
    // A slot with `low` zero is free: the variant bits of a UUID make `low` never zero.
    private var slots: [EventID.Words] = []
    private(set) var count = 0
    private let multipliers = (UInt64.random(in: .min ... .max) | 1, UInt64.random(in: .min ... .max) | 1)

    /// False where the id was there before.
    mutating func insert(_ id: EventID) -> Bool {
        if (count + 1) * 5 > slots.count * 4 { grow() }
        let index = find(id.words)
        if slots[index].low != 0 { return false }
        slots[index] = id.words
        count += 1
        return true
    }

    func contains(_ id: EventID) -> Bool {
        !slots.isEmpty && slots[find(id.words)].low != 0
    }

    /// The slot that holds the id, or the free one where it belongs.
    private func find(_ id: EventID.Words) -> Int {
        let hash = id.high &* multipliers.0 &+ id.low &* multipliers.1
        var index = Int(hash.multipliedFullWidth(by: UInt64(slots.count)).high)
        while slots[index].low != 0, slots[index] != id {
            index += 1
            if index == slots.count { index = 0 }
        }
        return index
    }

    private mutating func grow() {
        let old = slots
        slots = Array(repeating: EventID.Words(high: 0, low: 0), count: max(64, old.count / 2 * 3))
        for id in old where id.low != 0 { slots[find(id)] = id }
    }
}

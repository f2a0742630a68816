/// The ids of all events so far: an open-addressing table of 16 bytes a slot, which stays below 32 MiB for a million.
///
/// Ids come from other machines, so secret multipliers, one for each half of an id, keep anyone from choosing ones that
/// fall together.
package struct EventIDSet: Sendable {
    // A slot with `low` zero is free: the variant bits of a UUID make `low` never zero.
    private var slots: [EventID.Words] = []
    package private(set) var count = 0
    private let hash: EventIDHash

    package init() {
        hash = EventIDHash()
    }

    /// False where the id was there before.
    package mutating func insert(_ id: EventID) -> Bool {
        if (count + 1) * 5 > slots.count * 4 { grow() }
        let index = find(id.words)
        if slots[index].low != 0 { return false }
        slots[index] = id.words
        count += 1
        return true
    }

    package func contains(_ id: EventID) -> Bool {
        !slots.isEmpty && slots[find(id.words)].low != 0
    }

    /// The slot that holds the id, or the free one where it belongs.
    private func find(_ id: EventID.Words) -> Int {
        var index = hash.slot(of: id, in: slots.count)
        while slots[index].low != 0, slots[index] != id {
            index += 1
            if index == slots.count { index = 0 }
        }
        return index
    }

    private mutating func grow() { grow(to: max(64, slots.count / 2 * 3)) }

    private mutating func grow(to slotCount: Int) {
        let old = slots
        slots = Array(repeating: EventID.Words(high: 0, low: 0), count: slotCount)
        for id in old where id.low != 0 { slots[find(id)] = id }
    }

    /// Makes room for so many ids at once: growing step by step needs old and new table side by side.
    mutating func reserve(_ count: Int) {
        let slotCount = count / 4 * 5 + 1
        if slotCount > slots.count { grow(to: slotCount) }
    }
}

/// Where an id belongs in a table.
package struct EventIDHash: Sendable, Equatable {
    private let high: UInt64
    private let low: UInt64

    init() {
        high = .random(in: .min ... .max) | 1
        low = .random(in: .min ... .max) | 1
    }

    fileprivate func slot(of id: EventID.Words, in count: Int) -> Int {
        let hash = id.high &* high &+ id.low &* low
        return Int(hash.multipliedFullWidth(by: UInt64(count)).high)
    }

    /// 32 hexadecimal digits.
    package var text: String { EventID.Words(high: high, low: low).digits }

    package init?(_ text: String) {
        let digits = Array(text.utf8)
        guard digits.count == 32, let high = HexWord.read(digits.span, at: 0),
            let low = HexWord.read(digits.span, at: 16)
        else { return nil }
        self.high = high
        self.low = low
    }
}

// MARK: Tables on disk

extension EventIDSet {
    package static let slotSize = 16

    package var slotCount: Int { slots.count }
    package var ids: [EventID] { slots.filter { $0.low != 0 }.map { EventID(words: $0) } }
    package var tableHash: EventIDHash { hash }

    /// The slots one after another, each as `slot` has it.
    package var table: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(slots.count * Self.slotSize)
        for id in slots { id.append(to: &bytes) }
        return bytes
    }

    /// A table that was written before.
    package init?(table: Span<UInt8>, count: Int, hash: EventIDHash) {
        let slotCount = table.count / Self.slotSize
        guard table.count.isMultiple(of: Self.slotSize), count * 5 <= slotCount * 4 else { return nil }
        slots = []
        slots.reserveCapacity(slotCount)
        var start = 0
        while start < table.count {
            slots.append(EventID.Words(table, at: start))
            start += Self.slotSize
        }
        self.count = count
        self.hash = hash
    }

    /// The bytes of a slot that holds the id.
    package static func slot(_ id: EventID) -> [UInt8] {
        var bytes: [UInt8] = []
        id.words.append(to: &bytes)
        return bytes
    }

    /// The slot to begin with in a table that lies elsewhere.
    package static func firstSlot(of id: EventID, in count: Int, _ hash: EventIDHash) -> Int {
        hash.slot(of: id.words, in: count)
    }

    /// The first of some slots that is free or holds the id, counted from the first of them.
    package static func find(_ id: EventID, in slots: Span<UInt8>) -> (index: Int, isHeld: Bool)? {
        for index in 0..<slots.count / slotSize {
            let words = EventID.Words(slots, at: index * slotSize)
            if words.low == 0 { return (index, false) }
            if words == id.words { return (index, true) }
        }
        return nil
    }
}

extension EventID.Words {
    /// Big-endian, `high` first.
    fileprivate init(_ bytes: Span<UInt8>, at start: Int) {
        func word(_ start: Int) -> UInt64 {
            var word: UInt64 = 0
            for index in start..<start + 8 { word = word << 8 | UInt64(bytes[index]) }
            return word
        }
        self.init(high: word(start), low: word(start + 8))
    }

    fileprivate func append(to bytes: inout [UInt8]) {
        for word in [high, low] {
            for shift in stride(from: 56, through: 0, by: -8) { bytes.append(UInt8(truncatingIfNeeded: word >> shift)) }
        }
    }
}

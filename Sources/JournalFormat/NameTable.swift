/// Looks names up by their bytes, without making a string of them: for the few names that stand in every line.
package struct NameTable<Value: Sendable>: Sendable {
    private struct Slot: Sendable {
        let name: [UInt8]
        let value: Value
    }

    private var slots: [Slot?]

    /// Of names that are all different.
    package init(_ values: [(name: String, value: Value)]) {
        // At most a quarter full, so most look-ups compare once.
        var size = 16
        while size < values.count * 4 { size *= 2 }
        slots = Array(repeating: nil, count: size)
        for (name, value) in values {
            let name = Array(name.utf8)
            slots[index(of: name.span)] = Slot(name: name, value: value)
        }
    }

    package subscript(name: Span<UInt8>) -> Value? {
        slots[index(of: name)]?.value
    }

    /// The name's slot, or the free one where it would be.
    private func index(of name: Span<UInt8>) -> Int {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for position in 0..<name.count { hash = (hash ^ UInt64(name[position])) &* 0x100_0000_01b3 }
        var index = Int(truncatingIfNeeded: hash >> 32) & (slots.count - 1)
        while let slot = slots[index], !slot.name.span.hasSameBytes(as: name) {
            index = (index + 1) & (slots.count - 1)
        }
        return index
    }
}

import Foundation

/// Random numbers that can be had again (SplitMix64). Set `JOURNAL_TEST_SEED` to repeat a run.
package struct SeededGenerator: RandomNumberGenerator {
    package static let seed =
        ProcessInfo.processInfo.environment["JOURNAL_TEST_SEED"].flatMap(UInt64.init) ?? UInt64.random(in: 0...(.max))

    private var state: UInt64

    /// Prints the seed, so that a failed run can be repeated.
    package init(_ salt: UInt64 = 0) {
        state = Self.seed &+ salt
        print("JOURNAL_TEST_SEED=\(Self.seed)")
    }

    package mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
        return mixed ^ mixed >> 31
    }

    package mutating func below(_ limit: Int) -> Int { Int.random(in: 0..<max(1, limit), using: &self) }

    package mutating func pick<Choices: Collection>(_ choices: Choices) -> Choices.Element? {
        choices.randomElement(using: &self)
    }
}

extension SeededGenerator {
    private static let tokens: [[UInt8]] =
        [
            "\"", "\\", "\\u0061", "\\u001f", "\\u001F", "\\n", "\\/", "{}", "[]", "[", "]", "{", "}", ",", ":", " ",
            "\r", "\t",
            "-0", "00", "01", "1.0", "1e3", "-1", "9007199254740991", "9007199254740992", "true", "false", "null",
            "True",
            "\"a\":1,", ",\"a\":1", "\u{e9}", "\u{1f600}", "1970-01-01T00:00:00.000Z", "9999-12-31T23:59:59.999Z",
            "2023-02-29",
            "x.mine", "note", "epoch.started", "key.enrolled", "journal.opened", "author", "root", "sequencer",
            "unheard.of",
            "[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]", "==", "A", "/", "+", "devjournal/", "\n", "\u{0}",
        ].map { Array($0.utf8) } + [[0xff], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xef, 0xbb, 0xbf]]

    /// One to three small changes: bits, bytes, runs taken out, doubled or moved, and the tokens that parsers differ on.
    package mutating func mutate(_ original: [UInt8]) -> [UInt8] {
        var bytes = original
        for _ in 0..<1 + below(3) {
            let place = below(bytes.count + 1)
            let near = min(bytes.count, place + below(24))
            switch below(9) {
            case 0, 1: if place < bytes.count { bytes[place] ^= 1 << UInt8(below(8)) }
            case 2: if place < bytes.count { bytes[place] = UInt8(below(256)) }
            case 3, 4: bytes.insert(contentsOf: pick(Self.tokens) ?? [], at: place)
            case 5: bytes.replaceSubrange(place..<near, with: pick(Self.tokens) ?? [])
            case 6: bytes.removeSubrange(place..<near)
            case 7: bytes.insert(contentsOf: bytes[place..<near], at: near)
            default: bytes.swapAt(below(bytes.count), below(bytes.count))
            }
            if bytes.isEmpty { break }
        }
        return bytes
    }
}

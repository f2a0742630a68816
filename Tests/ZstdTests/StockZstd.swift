import Testing
import Zstd

/// Bytes that are neither all alike nor random: words in an order that a seed decides.
func mixedBytes(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
    let words = ["journal ", "record\n", "segment ", "0123456789", "checkpoint\t", "\u{0}\u{1}\u{2}\u{3}"].map {
        Array($0.utf8)
    }
    var state = seed
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count + 16)
    while bytes.count < count {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        bytes.append(contentsOf: words[Int(state >> 33) % words.count])
        if state >> 60 == 0 { bytes.append(UInt8(truncatingIfNeeded: state >> 40)) }
    }
    return Array(bytes.prefix(count))
}

/// Flips a bit of each byte of `frame` in turn: what is still read must be what it holds.
///
/// - Returns: how many were refused.
func refusals(of frame: [UInt8], holding bytes: [UInt8], _ read: ([UInt8]) throws -> [UInt8]) -> Int {
    var refused = 0
    for place in frame.indices {
        var bad = frame
        bad[place] ^= 0x10
        do {
            // A bit of the header that is not used, or only says how much memory to take, does no harm.
            let isUnchanged = try read(bad) == bytes
            #expect(isUnchanged, "byte \(place)")
        } catch {
            #expect(error is ZstdError)
            refused += 1
        }
    }
    return refused
}

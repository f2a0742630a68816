/// The nonce of a chunk (C2SP age, "Payload"): its number in 11 bytes, most significant first, then 1 for the
/// last chunk and 0 for the others.
struct ChunkNonce {
    /// The number of the chunk, from 0. 2^64 chunks are 2^80 bytes, so eight of the eleven bytes suffice.
    private(set) var number: UInt64

    init(number: UInt64 = 0) {
        self.number = number
    }

    private var bytes = [UInt8](repeating: 0, count: 12)

    /// Lends the nonce of this chunk. No memory is allocated.
    mutating func withBytes<Result>(isLast: Bool, _ body: (Span<UInt8>) -> Result) -> Result {
        for index in 0..<8 { bytes[10 - index] = UInt8(truncatingIfNeeded: number >> UInt64(8 * index)) }
        bytes[11] = isLast ? 1 : 0
        return body(bytes.span)
    }

    /// Moves to the next chunk.
    mutating func advance() { number += 1 }
}

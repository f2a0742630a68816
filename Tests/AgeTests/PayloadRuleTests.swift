import Sodium
import Testing

@testable import Age

@Suite("Each rule of the payload")
struct PayloadRuleTests {
    private static let size = 65536
    private let file = HandMadeFile()

    private func piece(_ count: Int) -> [UInt8] { SeededGenerator.some(count) }

    private func chunk(_ count: Int, _ number: Int, isLast: Bool) -> [UInt8] {
        file.chunk(piece(count), number: number, isLast: isLast)
    }

    /// Fed whole, in pieces that hold a chunk and less, and in awkward ones: always the same.
    private func reading(_ payload: [UInt8]) -> Reading {
        var file = file
        file.payload = payload
        let whole = file.reading()
        for step in [1000, 65_536, 65_552, 65_553, 100_000] { #expect(file.reading(step: step) == whole, "\(step)") }
        return whole
    }

    @Test("Without chunk, or with less than a tag, it is truncated")
    func noChunk() {
        for count in 0..<16 {
            #expect(reading([UInt8](repeating: 0, count: count)) == Reading(error: .truncated))
        }
    }

    @Test("An empty payload is one empty last chunk")
    func empty() {
        #expect(reading(chunk(0, 0, isLast: true)) == Reading())
        #expect(reading(chunk(0, 0, isLast: false)) == Reading(error: .damagedPayload(chunk: 0)))
    }

    @Test("The last chunk may be full, alone or after others")
    func fullLast() {
        let full = Self.size
        #expect(reading(chunk(full, 0, isLast: true)) == Reading(plaintext: piece(full)))
        #expect(
            reading(chunk(full, 0, isLast: false) + chunk(full, 1, isLast: true))
                == Reading(plaintext: piece(full) + piece(full)))
    }

    @Test("The last chunk is not empty after others")
    func emptyLast() {
        let payload = chunk(Self.size, 0, isLast: false) + chunk(0, 1, isLast: true)
        #expect(reading(payload) == Reading(plaintext: piece(Self.size), error: .emptyLastChunk))
    }

    @Test("Cut on a chunk's boundary it is truncated; what came before is genuine")
    func cutOnBoundary() {
        let full = Self.size
        #expect(reading(chunk(full, 0, isLast: false)) == Reading(plaintext: piece(full), error: .truncated))
        #expect(
            reading(chunk(full, 0, isLast: false) + chunk(full, 1, isLast: false))
                == Reading(plaintext: piece(full) + piece(full), error: .truncated))
        #expect(
            reading(chunk(full, 0, isLast: false) + [1, 2, 3])
                == Reading(plaintext: piece(full), error: .truncated))
    }

    @Test("Cut within a chunk, nothing of that chunk is let out")
    func cutWithin() {
        let payload = chunk(Self.size, 0, isLast: false) + chunk(100, 1, isLast: true)
        for missing in [1, 15, 16, 17, 99] {
            #expect(
                reading(Array(payload.dropLast(missing)))
                    == Reading(plaintext: piece(Self.size), error: .damagedPayload(chunk: 1)))
        }
    }

    @Test("A short chunk that is not marked as the last is refused")
    func shortNotLast() {
        #expect(reading(chunk(10, 0, isLast: false)) == Reading(error: .damagedPayload(chunk: 0)))
        #expect(
            reading(chunk(10, 0, isLast: false) + chunk(10, 1, isLast: true))
                == Reading(error: .damagedPayload(chunk: 0)))
        #expect(
            reading(chunk(Self.size, 0, isLast: false) + chunk(10, 1, isLast: false))
                == Reading(plaintext: piece(Self.size), error: .damagedPayload(chunk: 1)))
    }

    @Test("Nothing stands after a short last chunk")
    func behindShort() {
        for extra in [1, 16, 26, 70_000] {
            let payload = chunk(10, 0, isLast: true) + [UInt8](repeating: 0, count: extra)
            #expect(reading(payload) == Reading(error: .damagedPayload(chunk: 0)))
        }
        #expect(
            reading(chunk(10, 0, isLast: true) + chunk(10, 1, isLast: true))
                == Reading(error: .damagedPayload(chunk: 0)))
    }

    @Test("Nothing stands after a full last chunk, be it a byte, an empty chunk or a full one")
    func behindFull() {
        let full = chunk(Self.size, 0, isLast: true)
        let expected = Reading(plaintext: piece(Self.size), error: .trailingData)
        let zeros = [UInt8](repeating: 0, count: 16)
        for extra in [[0], zeros, chunk(0, 1, isLast: true), full, chunk(Self.size, 1, isLast: true)] {
            #expect(reading(full + extra) == expected)
        }
        #expect(
            reading(chunk(Self.size, 0, isLast: false) + chunk(Self.size, 1, isLast: true) + [0])
                == Reading(plaintext: piece(Self.size) + piece(Self.size), error: .trailingData))
    }

    @Test("Chunks are in order: none twice, none missing, none swapped")
    func order() {
        let full = Self.size
        let last = chunk(10, 2, isLast: true)
        let first = chunk(full, 0, isLast: false)
        let second = chunk(full, 1, isLast: false)
        #expect(reading(second + first + last) == Reading(error: .damagedPayload(chunk: 0)))
        #expect(reading(first + last) == Reading(plaintext: piece(full), error: .damagedPayload(chunk: 1)))
        #expect(reading(first + first + last) == Reading(plaintext: piece(full), error: .damagedPayload(chunk: 1)))
    }

    @Test("Any bit of a chunk matters")
    func bits() {
        let payload = chunk(5, 0, isLast: true)
        for index in payload.indices {
            for bit in 0..<8 {
                var changed = file
                changed.payload = payload
                changed.payload?[index] ^= 1 << UInt8(bit)
                #expect(changed.reading() == Reading(error: .damagedPayload(chunk: 0)))
            }
        }
    }

    @Test("Another nonce opens nothing")
    func nonce() {
        var changed = file
        changed.payload = chunk(5, 0, isLast: true)
        changed.nonce[15] ^= 1
        #expect(changed.reading() == Reading(error: .damagedPayload(chunk: 0)))
    }

    @Test("The chunks are counted in eleven bytes, most significant first")
    func chunkNonce() {
        var nonce = ChunkNonce()
        for _ in 0..<0x01_02_03 { nonce.advance() }
        #expect(nonce.withBytes(isLast: true) { array($0) } == [0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 1])
        #expect(nonce.withBytes(isLast: false) { array($0) } == [0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 0])
    }
}

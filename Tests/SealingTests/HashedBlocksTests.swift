import HandMadeStreams
import Testing

@testable import Sealing

extension HashedBlocks {
    fileprivate func recognizes(_ block: [UInt8]) -> Bool { recognize(block.span) }
}

@Suite("Blocks of a file that was hashed")
struct HashedBlocksTests {
    private let blocks = [mixedBytes(5000), mixedBytes(5000, seed: 2), mixedBytes(5000), mixedBytes(17)]

    private func remembered() -> HashedBlocks {
        let hashed = HashedBlocks()
        for block in blocks { hashed.remember(block.span) }
        return hashed
    }

    @Test("are recognized in their order")
    func same() {
        let hashed = remembered()
        for block in blocks {
            #expect(!hashed.areAllRecognized)
            #expect(hashed.recognizes(block))
        }
        #expect(hashed.areAllRecognized)
        #expect(!hashed.recognizes(blocks[3]))
    }

    @Test("and not when a bit is another, in another order, shorter or longer")
    func others() {
        for place in [0, 15, 16, 2500, 4999] {
            var changed = blocks[0]
            changed[place] ^= 0x80
            #expect(!remembered().recognizes(changed), "byte \(place)")
        }
        for other in [blocks[1], Array(blocks[0].dropLast()), blocks[0] + [0], []] {
            #expect(!remembered().recognizes(other))
        }
        // The third block is as the first one, but for its place.
        let hashed = remembered()
        for _ in 0..<2 { _ = hashed.recognizes(blocks[0]) }
        #expect(!hashed.recognizes(blocks[1]))
    }
}

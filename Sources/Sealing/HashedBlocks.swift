internal import Cipher
internal import Sodium
internal import Synchronization

/// What is remembered of a file's blocks while all of it is hashed, so that a second reading takes only what was hashed.
///
/// For each block that is a tag of 16 bytes: ChaCha20-Poly1305 (RFC 8439) of no plaintext, the block as additional data,
/// its number as nonce, under a key that is made for this and never leaves it. Without the key nobody finds another block
/// with the same tag; and a tag costs a quarter of the hash that a second reading would need otherwise, and tells at once,
/// before the block is used, what the hash tells at the end.
package final class HashedBlocks: Sendable {
    /// Bytes in a block, but for the last one; 1 TiB of them takes 16 MiB of tags.
    static let size = 1 << 20

    private struct State: ~Copyable {
        var cipher: ChunkCipher
        var tags: [SIMD16<UInt8>] = []
        var recognized = 0
    }

    private let state = Mutex(State(cipher: ChunkCipher(.seal, key: SecretBytes(randomCount: ChunkCipher.keySize))))

    /// Remembers the next block of the first reading.
    func remember(_ block: Span<UInt8>) {
        state.withLock { state in state.tags.append(Self.tag(of: block, number: state.tags.count, &state.cipher)) }
    }

    /// Whether the next block of the second reading is what it was.
    func recognize(_ block: Span<UInt8>) -> Bool {
        state.withLock { state in
            let number = state.recognized
            guard number < state.tags.count else { return false }
            state.recognized += 1
            return Self.tag(of: block, number: number, &state.cipher) == state.tags[number]
        }
    }

    /// Whether the second reading had as many blocks as the first.
    var areAllRecognized: Bool { state.withLock { $0.recognized == $0.tags.count } }

    private static func tag(of block: Span<UInt8>, number: Int, _ cipher: inout ChunkCipher) -> SIMD16<UInt8> {
        var nonce = [UInt8](repeating: 0, count: ChunkCipher.nonceSize)
        for index in 0..<8 { nonce[index] = UInt8(truncatingIfNeeded: number >> (8 * index)) }
        return cipher.tag(of: block, nonce: nonce.span)
    }
}

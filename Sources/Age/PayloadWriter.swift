internal import Cipher
internal import Sodium

/// Seals a payload chunk by chunk. A full chunk is held until it is known not to be the last.
struct PayloadWriter: ~Copyable {
    private var cipher: ChunkCipher
    private var nonce = ChunkNonce()
    private var held = WipedBuffer(capacity: AgeFormat.chunkSize)

    init(key: consuming SecretBytes) {
        cipher = ChunkCipher(.seal, key: key)
    }

    /// Takes bytes from `plaintext` at `offset`, which moves on. True when `sealed` was filled; false when
    /// `plaintext` is used up. A whole chunk in `plaintext` that is not the last is sealed without being copied.
    mutating func write(
        _ plaintext: Span<UInt8>, from offset: inout Int, into sealed: inout WipedBuffer
    ) -> Bool {
        let size = AgeFormat.chunkSize
        if held.count == 0, plaintext.count - offset > size {
            let chunk = plaintext.extracting(offset..<(offset + size))
            nonce.withBytes(isLast: false) { cipher.seal(chunk, nonce: $0, into: &sealed) }
            nonce.advance()
            offset += size
            return true
        }
        let taken = min(held.room, plaintext.count - offset)
        held.append(plaintext.extracting(offset..<(offset + taken)))
        offset += taken
        if held.room > 0 || offset == plaintext.count { return false }
        sealHeld(isLast: false, into: &sealed)
        return true
    }

    /// Seals the last chunk.
    mutating func finish(into sealed: inout WipedBuffer) {
        sealHeld(isLast: true, into: &sealed)
    }

    private mutating func sealHeld(isLast: Bool, into sealed: inout WipedBuffer) {
        held.withSpan { chunk in
            nonce.withBytes(isLast: isLast) { cipher.seal(chunk, nonce: $0, into: &sealed) }
        }
        nonce.advance()
        held.removeAll()
    }
}

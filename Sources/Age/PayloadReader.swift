internal import Cipher
internal import Sodium

/// Opens the chunks of a payload one after the other.
///
/// A full chunk may be the last one or not, and the nonce says which. It is held until the next byte or the end
/// shows which it must be. If it does not open as that, the other nonce is tried: then the chunk is genuine and
/// is let out, and the file, which was cut or has something after it, is refused after it.
struct PayloadReader: ~Copyable {
    private var cipher: ChunkCipher
    private var nonce = ChunkNonce()
    private var sealed = WipedBuffer(capacity: AgeFormat.sealedChunkSize)
    /// What is thrown after the plaintext that was found with it.
    private var failure: AgeError?

    init(key: consuming SecretBytes) {
        cipher = ChunkCipher(.open, key: key)
    }

    /// Takes bytes from `input` at `offset`, which moves on. True when `plaintext` was filled; false when `input`
    /// is used up.
    mutating func read(
        _ input: Span<UInt8>, from offset: inout Int, into plaintext: inout WipedBuffer
    ) throws(AgeError) -> Bool {
        if let failure { throw failure }
        let size = AgeFormat.sealedChunkSize
        if sealed.count == 0, input.count - offset > size {
            let chunk = input.extracting(offset..<(offset + size))
            offset += size
            try openNotLast(chunk, into: &plaintext)
            return true
        }
        let taken = min(sealed.room, input.count - offset)
        sealed.append(input.extracting(offset..<(offset + taken)))
        offset += taken
        if sealed.room > 0 || offset == input.count { return false }
        try openHeld(into: &plaintext)
        return true
    }

    /// The last chunk, at the end of the input. True when `plaintext` was filled.
    mutating func finish(into plaintext: inout WipedBuffer) throws(AgeError) -> Bool {
        if let failure { throw failure }
        if sealed.count < AgeFormat.tagSize { throw .truncated }
        let isOpen = open(isLast: true, into: &plaintext)
        if isOpen {
            if plaintext.count == 0 && nonce.number > 0 { throw .emptyLastChunk }
            return plaintext.count > 0
        }
        guard sealed.room == 0, open(isLast: false, into: &plaintext) else {
            throw .damagedPayload(chunk: nonce.number)
        }
        failure = .truncated
        return true
    }

    /// Throws what was held back after the last plaintext.
    func check() throws(AgeError) {
        if let failure { throw failure }
    }

    private mutating func openHeld(into plaintext: inout WipedBuffer) throws(AgeError) {
        if !open(isLast: false, into: &plaintext) {
            guard open(isLast: true, into: &plaintext) else { throw .damagedPayload(chunk: nonce.number) }
            failure = .trailingData
        }
        sealed.removeAll()
        nonce.advance()
    }

    /// As `openHeld`, for a chunk that need not be copied.
    private mutating func openNotLast(
        _ chunk: Span<UInt8>, into plaintext: inout WipedBuffer
    ) throws(AgeError) {
        if !open(chunk, isLast: false, into: &plaintext) {
            guard open(chunk, isLast: true, into: &plaintext) else { throw .damagedPayload(chunk: nonce.number) }
            failure = .trailingData
        }
        nonce.advance()
    }

    private mutating func open(isLast: Bool, into plaintext: inout WipedBuffer) -> Bool {
        sealed.withSpan { chunk in
            nonce.withBytes(isLast: isLast) { cipher.open(chunk, nonce: $0, into: &plaintext) }
        }
    }

    private mutating func open(_ chunk: Span<UInt8>, isLast: Bool, into plaintext: inout WipedBuffer) -> Bool {
        nonce.withBytes(isLast: isLast) { cipher.open(chunk, nonce: $0, into: &plaintext) }
    }
}

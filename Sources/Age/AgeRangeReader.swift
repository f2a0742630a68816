internal import Cipher
internal import Sodium

/// Opens any range of a binary age file without what comes before it: its chunks are sealed one by one (C2SP age,
/// "Payload"), so a range takes those that hold it, and the header.
///
///     var reader = try AgeRangeReader(head: head.span, fileLength: length, identities: identities)
///     let sealed = read(reader.fileRange(of: wanted))
///     let plain = try reader.open(sealed.span, holding: wanted)
///
/// What comes out is authentic, and at its place. That the file is complete shows only in its last chunk.
package struct AgeRangeReader: ~Copyable {
    /// Bytes from the file's start that hold a header with a few recipients, and those that hold any.
    package static let usualHead = 1 << 11
    private static let longestHead = 1 << 16

    private var cipher: ChunkCipher
    /// Where the first chunk begins, in the file.
    private let start: Int
    private let fileLength: Int
    private var plaintext: WipedBuffer

    /// - Parameters:
    ///   - head: the file's first bytes, with all of the header.
    ///   - fileLength: bytes of the file.
    /// - Throws: `truncated` where the head does not hold the header; what a header is refused for; `noMatchingIdentity`.
    package init(head: Span<UInt8>, fileLength: Int, identities: [AgeIdentity]) throws(AgeError) {
        var parser = HeaderParser()
        var offset = 0
        guard let header = try parser.parse(head, from: &offset), head.count - offset >= AgeFormat.payloadNonceSize
        else { throw .truncated }
        let nonce = (offset..<offset + AgeFormat.payloadNonceSize).map { head[$0] }
        let start = offset + AgeFormat.payloadNonceSize
        guard fileLength >= start + AgeFormat.tagSize else { throw .truncated }
        let key = try header.fileKey(identities: identities, passphrase: nil, maximumWorkFactor: 0)
        self.init(key, nonce, start, fileLength)
    }

    /// One of which `source` brings bytes: the first few, and more where the header is longer.
    ///
    /// - Throws: as the initialiser, and what `source` throws.
    package static func opening(
        fileLength: Int, identities: [AgeIdentity], from source: (Range<Int>) throws -> [UInt8]
    ) throws -> AgeRangeReader {
        let head = try source(0..<min(usualHead, fileLength))
        do throws(AgeError) {
            return try AgeRangeReader(head: head.span, fileLength: fileLength, identities: identities)
        } catch {
            guard error == .truncated && head.count < min(longestHead, fileLength) else { throw error }
        }
        let longer = try source(0..<min(longestHead, fileLength))
        return try AgeRangeReader(head: longer.span, fileLength: fileLength, identities: identities)
    }

    private init(_ key: borrowing FileKey, _ nonce: [UInt8], _ start: Int, _ fileLength: Int) {
        self.start = start
        self.fileLength = fileLength
        cipher = ChunkCipher(.open, key: key.payloadKey(nonce: nonce))
        plaintext = WipedBuffer(capacity: AgeFormat.chunkSize)
    }

    /// Bytes of the whole plaintext.
    package var plainLength: Int {
        let sealed = fileLength - start
        let chunks = (sealed + AgeFormat.sealedChunkSize - 1) / AgeFormat.sealedChunkSize
        return sealed - chunks * AgeFormat.tagSize
    }

    /// Which bytes of the file hold a range of the plaintext, which must not be empty and lie within it.
    package func fileRange(of plain: Range<Int>) -> Range<Int> {
        precondition(!plain.isEmpty && plain.lowerBound >= 0 && plain.upperBound <= plainLength, "outside the file")
        let first = plain.lowerBound / AgeFormat.chunkSize
        let last = (plain.upperBound - 1) / AgeFormat.chunkSize
        return start + first
            * AgeFormat.sealedChunkSize..<min(start + (last + 1) * AgeFormat.sealedChunkSize, fileLength)
    }

    /// Opens the bytes of the file that hold a range, and returns that range.
    ///
    /// - Parameter sealed: the bytes at `fileRange(of: plain)`.
    /// - Throws: `damagedPayload`, `truncated`.
    package mutating func open(_ sealed: Span<UInt8>, holding plain: Range<Int>) throws(AgeError) -> [UInt8] {
        guard sealed.count == fileRange(of: plain).count else { throw .truncated }
        var chunk = plain.lowerBound / AgeFormat.chunkSize
        var found: [UInt8] = []
        found.reserveCapacity(plain.count + 2 * AgeFormat.chunkSize)
        var offset = 0
        while offset < sealed.count {
            let count = min(AgeFormat.sealedChunkSize, sealed.count - offset)
            let isLast = start + chunk * AgeFormat.sealedChunkSize + count == fileLength
            var nonce = ChunkNonce(number: UInt64(chunk))
            let part = sealed.extracting(offset..<offset + count)
            let isOpen = nonce.withBytes(isLast: isLast) { cipher.open(part, nonce: $0, into: &plaintext) }
            guard isOpen else { throw .damagedPayload(chunk: UInt64(chunk)) }
            plaintext.withSpan { opened in
                unsafe opened.withUnsafeBufferPointer { unsafe found.append(contentsOf: $0) }
            }
            offset += count
            chunk += 1
        }
        let skip = plain.lowerBound % AgeFormat.chunkSize
        return Array(found[skip..<skip + plain.count])
    }
}

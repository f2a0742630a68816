import Sodium

@testable import Age

/// However an age file is cut, the same plaintext comes out and the same error; and nothing comes out that was not
/// sealed at that place, in that order.
///
/// The first byte is the mode (1: header and payload are put together as below; 2: a passphrase instead of an
/// identity; 4: in armor), the next two are the sizes of the pieces. In mode 1 a plan of up to three chunks follows, a byte of 0,
/// and then the header, which gets the right MAC.
@_cdecl("LLVMFuzzerTestOneInput")
func fuzzAgeFile(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = fuzzInput(start, count)
    guard input.count >= 3 else { return 0 }
    var payload: Payload?
    var file = Array(input[3...])
    if input[0] & 1 == 1 {
        let plan = Array(file.prefix { $0 != 0 }.prefix(3))
        let made = Payload(plan)
        file = withMAC(Array(file.dropFirst(plan.count + 1))) + nonce + made.bytes
        payload = made
    }
    if input[0] & 4 == 4 { file = Array(armorLines(file).joined(separator: [UInt8(ascii: "\n")])) }
    let hasPassphrase = input[0] & 2 == 2
    let whole = opened(file, [], hasPassphrase)
    require(opened(file, Array(input[1..<3]), hasPassphrase) == whole, "in pieces, a file holds the same")
    if file.count <= 8192 { require(opened(file, [1], hasPassphrase) == whole, "byte by byte, a file holds the same") }
    if let error = whole.error { require(!error.description.isEmpty, "an error has words") }
    if let payload { check(whole, payload) }
    return 0
}

private struct Opened: Equatable {
    var plaintext: [UInt8] = []
    var error: AgeError?
}

private let identity = AgeIdentity(secret: secret("a fixed key of the fuzzing targets"))
private let nonce = [UInt8](repeating: 7, count: 16)

/// A secret of at most 32 characters.
private func secret(_ text: String, count: Int = 32) -> SecretBytes {
    var bytes = Array(text.utf8.prefix(count))
    return SecretBytes(moving: &bytes)
}

private func opened(_ file: [UInt8], _ pattern: [UInt8], _ hasPassphrase: Bool) -> Opened {
    var decryptor =
        hasPassphrase
        ? AgeDecryptor(passphrase: secret("a passphrase"), maximumWorkFactor: 2)
        : AgeDecryptor(identities: [identity])
    var result = Opened()
    func emit(_ piece: Span<UInt8>) {
        require(!piece.isEmpty && piece.count <= AgeFormat.chunkSize, "a piece is a chunk")
        unsafe piece.withUnsafeBufferPointer { unsafe result.plaintext.append(contentsOf: $0) }
    }
    do {
        try inPieces(file, pattern) { try decryptor.update($0, emit) }
        try decryptor.finish(emit)
    } catch let error as AgeError {
        result.error = error
    } catch {
        fatalError("not an age error: \(error)")
    }
    return result
}

/// A payload as a plan asks for it: per chunk its size (bits 0 and 1), whether it is marked as the last (bit 2),
/// has the next chunk's number (3), is damaged (4) or cut (5).
private struct Payload {
    var bytes: [UInt8] = []
    /// Of the chunks before the first that is not what it should be.
    var genuine: [UInt8] = []
    var isSound = false

    init(_ plan: [UInt8]) {
        var isGenuine = true
        isSound = !plan.isEmpty
        for (number, step) in plan.enumerated() {
            let size = [0, 1, AgeFormat.chunkSize - 1, AgeFormat.chunkSize][Int(step & 3)]
            let isLast = step & 4 != 0
            let plaintext = [UInt8](repeating: 65 + UInt8(number), count: size)
            var chunk = sealed(plaintext, number: step & 8 == 0 ? number : number + 1, isLast: isLast)
            if step & 16 != 0 { chunk[chunk.count / 2] ^= 1 }
            if step & 32 != 0 { chunk.removeLast() }
            bytes += chunk
            if step & 56 != 0 { isGenuine = false }
            if isGenuine { genuine += plaintext }
            let isEnd = number == plan.count - 1
            if isLast != isEnd || (!isEnd && size < AgeFormat.chunkSize) || (isEnd && size == 0 && number > 0) {
                isSound = false
            }
        }
        if !isGenuine { isSound = false }
    }
}

private func fileKey() -> FileKey { FileKey(secret("YELLOW SUBMARINE", count: 16)) }

private func sealed(_ plaintext: [UInt8], number: Int, isLast: Bool) -> [UInt8] {
    var chunkNonce = ChunkNonce()
    for _ in 0..<number { chunkNonce.advance() }
    var plaintext = plaintext
    let key = fileKey().payloadKey(nonce: nonce)
    let secret = SecretBytes(moving: &plaintext)
    return chunkNonce.withBytes(isLast: isLast) { ChaCha20Poly1305.seal(secret, key: key, nonce: $0) }
}

/// The header up to its first line that begins with `---`, closed by the right MAC.
private func withMAC(_ text: [UInt8]) -> [UInt8] {
    let dashes = Array("\n---".utf8)
    let end = text.indices.first { text[$0...].starts(with: dashes) } ?? text.endIndex
    let header = text[..<end] + dashes
    let mac = fileKey().mac(of: Array(header).span)
    return Array(header) + [UInt8(ascii: " ")] + Base64.encodeUnpadded(mac.span) + [UInt8(ascii: "\n")]
}

private func check(_ opened: Opened, _ payload: Payload) {
    require(payload.genuine.starts(with: opened.plaintext), "only what was sealed there comes out")
    switch opened.error {
    case nil:
        require(payload.isSound && opened.plaintext == payload.genuine, "a file that opens is whole")
    case .damagedPayload, .emptyLastChunk, .trailingData:
        require(!payload.isSound, "a sound payload opens")
    default:
        break
    }
}

package import Sodium

/// Encrypts a stream: bytes in by `update`, age file out through the closure it is given.
///
///     var encryptor = AgeEncryptor(recipients: [recipient])
///     write(encryptor.start())
///     while let block = read() { try encryptor.update(block.span) { try write($0) } }
///     try encryptor.finish { try write($0) }
///
/// What is emitted comes in pieces of one chunk (at most 65,552 bytes), valid for the time of the call. After the
/// header no memory is allocated. Blocks of much more than 64 KiB are the fastest: most of their chunks are sealed
/// where they lie. If the closure throws, the file is unfinished and the encryptor must be let go.
package struct AgeEncryptor: ~Copyable {
    private let head: [UInt8]
    private var writer: PayloadWriter
    private var sealed = WipedBuffer(capacity: AgeFormat.sealedChunkSize)
    private var isStarted = false

    /// The work factor of a passphrase unless another is asked for: 0.8 s and 256 MiB, as stock age takes it.
    package static let defaultWorkFactor = 18

    /// To anybody who holds the identity of one of the recipients, of which there must be at least one.
    package init(recipients: [AgeRecipient]) {
        precondition(!recipients.isEmpty, "an age file needs a recipient")
        let fileKey = FileKey()
        self.init(fileKey, recipients.map { X25519Stanza(fileKey, to: $0).stanza })
    }

    /// To anybody who knows the passphrase. The work factor (1...22) is the logarithm of what a guess costs.
    /// `noMemory` if the system does not grant the memory for it.
    package init(
        passphrase: borrowing SecretBytes, workFactor: Int = AgeEncryptor.defaultWorkFactor
    ) throws(AgeError) {
        precondition((1...AgeDecryptor.maximumWorkFactor).contains(workFactor), "a work factor is 1 to 22")
        let fileKey = FileKey()
        let stanza = try ScryptStanza(fileKey, passphrase: passphrase, workFactor: workFactor).stanza
        self.init(fileKey, [stanza])
    }

    init(_ fileKey: borrowing FileKey, _ stanzas: [Stanza]) {
        let nonce = randomBytes(AgeFormat.payloadNonceSize)
        head = Header.bytes(stanzas, for: fileKey) + nonce
        writer = PayloadWriter(key: fileKey.payloadKey(nonce: nonce))
    }

    /// The header and the nonce, which the file begins with. Called once, before anything else.
    package mutating func start() -> [UInt8] {
        precondition(!isStarted, "an encryptor is started once")
        isStarted = true
        return head
    }

    /// Takes plaintext and emits the chunks that are complete.
    package mutating func update<Failure: Error>(
        _ plaintext: Span<UInt8>, _ emit: (Span<UInt8>) throws(Failure) -> Void
    ) throws(Failure) {
        precondition(isStarted, "an encryptor must be started first")
        var offset = 0
        while writer.write(plaintext, from: &offset, into: &sealed) { try sealed.withSpan(emit) }
    }

    /// Emits the last chunk. Without this call the file is truncated.
    package consuming func finish<Failure: Error>(
        _ emit: (Span<UInt8>) throws(Failure) -> Void
    ) throws(Failure) {
        precondition(isStarted, "an encryptor must be started first")
        writer.finish(into: &sealed)
        try sealed.withSpan(emit)
    }
}

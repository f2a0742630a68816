internal import Sodium

/// Reads a binary age file: the header, the nonce, the chunks.
struct BinaryReader: ~Copyable {
    private let identities: [AgeIdentity]
    private var passphrase: SecretBytes?
    private let maximumWorkFactor: Int
    private var header = HeaderParser()
    private var fileKey: FileKey?
    private var nonce: [UInt8] = []
    private var payload: PayloadReader?

    init(identities: [AgeIdentity], passphrase: consuming SecretBytes?, maximumWorkFactor: Int) {
        self.identities = identities
        self.passphrase = passphrase
        self.maximumWorkFactor = maximumWorkFactor
    }

    /// Takes bytes from `input` at `offset`, which moves on. True when `plaintext` was filled; false when `input`
    /// is used up.
    mutating func read(
        _ input: Span<UInt8>, from offset: inout Int, into plaintext: inout WipedBuffer
    ) throws(AgeError) -> Bool {
        if payload == nil {
            try readHead(input, from: &offset)
            if payload == nil { return false }
        }
        return try payload?.read(input, from: &offset, into: &plaintext) ?? false
    }

    /// At the end of the input: true when `plaintext` was filled, after which `check` must be called.
    mutating func finish(into plaintext: inout WipedBuffer) throws(AgeError) -> Bool {
        if payload == nil { throw .truncated }
        return try payload?.finish(into: &plaintext) ?? false
    }

    /// Throws what was held back after the last plaintext.
    func check() throws(AgeError) { try payload?.check() }

    private mutating func readHead(_ input: Span<UInt8>, from offset: inout Int) throws(AgeError) {
        if fileKey == nil {
            guard let header = try header.parse(input, from: &offset) else { return }
            fileKey = try header.fileKey(
                identities: identities, passphrase: passphrase, maximumWorkFactor: maximumWorkFactor)
            passphrase = nil
        }
        while nonce.count < AgeFormat.payloadNonceSize {
            if offset == input.count { return }
            nonce.append(input[offset])
            offset += 1
        }
        guard let key = fileKey.take() else { return }
        payload = PayloadReader(key: key.payloadKey(nonce: nonce))
    }
}

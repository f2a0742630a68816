import Sodium

@testable import Age

/// An age file put together by hand, so that any one rule can be broken while the rest stays right.
struct HandMadeFile {
    static let keyBytes = Array("YELLOW SUBMARINE".utf8)

    let identity = AgeIdentity.generate()
    /// The version line and the stanzas.
    var head = ""
    /// The MAC line after `---`; nil for the right one.
    var macLine: String?
    var nonce = [UInt8](repeating: 7, count: 16)
    /// What follows the nonce; nil for one last chunk with `plaintext`.
    var payload: [UInt8]?
    var plaintext = Array("age".utf8)

    init() {
        head = "age-encryption.org/v1\n" + stanza()
    }

    var key: Key { .identities([identity]) }

    static var fileKey: FileKey {
        var bytes = keyBytes
        return FileKey(SecretBytes(moving: &bytes))
    }

    /// An X25519 stanza for `recipient`, or for `identity`.
    func stanza(to recipient: AgeRecipient? = nil) -> String {
        let stanza = X25519Stanza(Self.fileKey, to: recipient ?? identity.recipient).stanza
        return String(decoding: stanza.lines, as: UTF8.self)
    }

    /// The two lines of `stanza()` without their line feeds.
    func stanzaLines() -> (arguments: String, body: String) {
        let lines = stanza().split(separator: "\n")
        return (String(lines[0]), String(lines[1]))
    }

    static func scryptStanza(_ passphrase: String, workFactor: Int = 4) throws -> String {
        let stanza = try ScryptStanza(fileKey, passphrase: secret(passphrase), workFactor: workFactor).stanza
        return String(decoding: stanza.lines, as: UTF8.self)
    }

    /// A chunk, sealed.
    func chunk(_ plaintext: [UInt8], number: Int, isLast: Bool) -> [UInt8] {
        var nonce = ChunkNonce()
        for _ in 0..<number { nonce.advance() }
        var plaintext = plaintext
        let key = Self.fileKey.payloadKey(nonce: self.nonce)
        // By libsodium, which is not what files are made with.
        let secret = SecretBytes(moving: &plaintext)
        return nonce.withBytes(isLast: isLast) { ChaCha20Poly1305.seal(secret, key: key, nonce: $0) }
    }

    var rightMAC: String {
        let authenticated = Array((head + "---").utf8)
        return String(decoding: Base64.encodeUnpadded(Self.fileKey.mac(of: authenticated.span).span), as: UTF8.self)
    }

    var header: [UInt8] {
        Array((head + "---" + (macLine ?? " \(rightMAC)\n")).utf8)
    }

    var bytes: [UInt8] {
        header + nonce + (payload ?? chunk(plaintext, number: 0, isLast: true))
    }

    func reading(step: Int = .max) -> Reading { read(bytes, with: key, step: step) }
}

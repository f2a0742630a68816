package import Sodium

/// What a workstation hands to the server: its public key, with the proof that it holds the private one. One line of text,
/// to be pasted there.
///
///     devjournal-enrol-v1:LOG:KEY:PROOF
///
/// KEY and PROOF in base64.
package struct EnrolmentRequest: Sendable, Equatable {
    package static let magic = "devjournal-enrol-v1"

    package let log: EventID
    package let key: Ed25519.PublicKey
    package let proof: [UInt8]

    package init(_ key: JournalKey, log: EventID) {
        self.log = log
        self.key = key.publicKey
        proof = ProofOfPossession.make(key.key, log: log, role: .author)
    }

    /// Nil for anything but one such line. Whether the proof is good is asked where the key is to be enrolled.
    package init?(_ text: String) {
        var parts = LineParts(text, Self.magic, count: 4)
        guard let log = parts.log(), let key = parts.bytes(32).flatMap({ Ed25519.PublicKey($0) }),
            let proof = parts.bytes(Ed25519.signatureSize)
        else { return nil }
        self.log = log
        self.key = key
        self.proof = proof
    }

    package var text: String { "\(Self.magic):\(log):\(Base64.encode(key.bytes)):\(Base64.encode(proof))" }
}

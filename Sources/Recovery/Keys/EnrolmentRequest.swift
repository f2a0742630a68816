package import JournalFormat
package import Sodium

/// What a workstation hands to the server: its public key, with the proof that it holds the private one.
package struct EnrolmentRequest {
    package let log: EventID
    package let key: Ed25519.PublicKey
    package let proof: [UInt8]

    private static let magic = "devjournal-enrol-v1"

    package init(_ key: JournalKey, log: EventID) {
        self.log = log
        self.key = key.publicKey
        proof = ProofOfPossession.make(key.key, log: log, role: .author)
    }

    package init?(_ text: String) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 4, parts[0] == Self.magic, let log = EventID(parts[1]),
            let key = Base64.decode(parts[2], count: 32).flatMap({ Ed25519.PublicKey($0) }),
            let proof = Base64.decode(parts[3], count: 64)
        else { return nil }
        self.log = log
        self.key = key
        self.proof = proof
    }

    package var text: String { "\(Self.magic):\(log):\(Base64.encode(key.bytes)):\(Base64.encode(proof))" }
}

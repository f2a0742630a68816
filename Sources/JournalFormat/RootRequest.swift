internal import Digest
internal import Sodium

/// What a server asks its authors to endorse: one line of text, to be pasted where the author's key is.
///
///     devjournal-root-v1:LOG:BASE_SIZE:BASE_HEAD:KEY:REASON:PROOF
///
/// KEY, REASON and PROOF in base64.
package struct RootRequest: Sendable, Equatable {
    package static let magic = "devjournal-root-v1"

    package let log: EventID
    package let replacement: RootReplacement
    /// The new root's own.
    package let proof: [UInt8]

    package init(log: EventID, replacement: RootReplacement, proof: [UInt8]) {
        self.log = log
        self.replacement = replacement
        self.proof = proof
    }

    /// Nil for anything but one such line, whose key has signed its proof.
    package init?(_ text: String) {
        var parts = LineParts(text, Self.magic, count: 7)
        guard let log = parts.log(), let replacement = parts.replacement(),
            let proof = parts.bytes(Ed25519.signatureSize),
            ProofOfPossession.isValid(proof, by: replacement.root, log: log, role: .root)
        else { return nil }
        self.init(log: log, replacement: replacement, proof: proof)
    }

    package var text: String { "\(Self.magic):\(log):\(replacement.line):\(Base64.encode(proof))" }
}

/// An author's answer: what was asked, with its endorsement. One line, to be pasted on the server.
///
///     devjournal-endorsed-v1:LOG:BASE_SIZE:BASE_HEAD:KEY:REASON:KID:SIG
package struct EndorsedRoot: Sendable, Equatable {
    package static let magic = "devjournal-endorsed-v1"

    package let log: EventID
    package let replacement: RootReplacement
    package let endorsement: RootEndorsement

    package init(log: EventID, replacement: RootReplacement, endorsement: RootEndorsement) {
        self.log = log
        self.replacement = replacement
        self.endorsement = endorsement
    }

    /// Nil for anything but one such line. Whose signature it is only the journal can say.
    package init?(_ text: String) {
        var parts = LineParts(text, Self.magic, count: 8)
        guard let log = parts.log(), let replacement = parts.replacement(),
            let author = parts.next().flatMap({ KeyID($0) }), let signature = parts.bytes(Ed25519.signatureSize)
        else { return nil }
        self.init(
            log: log, replacement: replacement, endorsement: RootEndorsement(author: author, signature: signature))
    }

    package var text: String {
        "\(Self.magic):\(log):\(replacement.line):\(endorsement.author):\(Base64.encode(endorsement.signature))"
    }
}

extension RootReplacement {
    /// Bytes of a reason's UTF-8.
    package static let reasonLengths = 1...1000

    fileprivate var line: String {
        "\(baseSize):\(baseHead.hex):\(Base64.encode(root.bytes)):\(Base64.encode(Array(reason.utf8)))"
    }
}

extension LineParts {
    fileprivate mutating func replacement() -> RootReplacement? {
        guard let number = next(), let size = Int(number), (1...JSONScanner.maximumInteger).contains(size),
            "\(size)" == number, let head = next().flatMap({ SHA256Digest(hex: $0) }),
            let root = bytes(32).flatMap({ Ed25519.PublicKey($0) }), let reason = text(RootReplacement.reasonLengths)
        else { return nil }
        return RootReplacement(root: root, baseSize: size, baseHead: head, reason: reason)
    }
}

package import Digest
package import Sodium

/// A new root for a journal whose root keys are lost, and the place in the journal where it begins.
///
/// No old root can agree, so the authors do, and everybody who remembers an old root refuses the journal from there on
/// (journal-format.md, "A root that is lost").
package struct RootReplacement: Sendable, Equatable {
    package let root: Ed25519.PublicKey
    /// The records before, and the hash of the last of them: an endorsement is good there and nowhere else.
    package let baseSize: Int
    package let baseHead: SHA256Digest
    package let reason: String

    package init(root: Ed25519.PublicKey, baseSize: Int, baseHead: SHA256Digest, reason: String) {
        self.root = root
        self.baseSize = baseSize
        self.baseHead = baseHead
        self.reason = reason
    }

    /// Everything that an author agrees to.
    private func message(_ log: EventID) -> [UInt8] {
        Array(
            """
            devjournal/endorse/v1
            \(log)
            \(baseSize)
            \(baseHead)
            \(Base64.encode(root.bytes))
            \(reason)
            """.utf8)
    }

    package func endorsed(by author: borrowing Ed25519.SigningKey, log: EventID) -> RootEndorsement {
        RootEndorsement(
            author: KeyID(author.publicKey, role: .author), signature: author.sign(message(log).span))
    }

    package func isEndorsed(by author: Ed25519.PublicKey, _ signature: [UInt8], log: EventID) -> Bool {
        author.verifies(signature.span, of: message(log).span)
    }
}

/// An author's word for a new root.
package struct RootEndorsement: Sendable, Equatable {
    package let author: KeyID
    package let signature: [UInt8]

    package init(author: KeyID, signature: [UInt8]) {
        self.author = author
        self.signature = signature
    }

    /// Nil for anything but exactly these members in this order.
    init?(_ value: JSONValue) {
        guard let members = value.object?.members, members.map(\.key) == ["kid", "sig"],
            let author = members[0].value.string.flatMap({ KeyID($0) }),
            let signature = members[1].value.string.flatMap({ Base64.decode($0, count: Ed25519.signatureSize) })
        else { return nil }
        self.init(author: author, signature: signature)
    }

    /// Who endorsed, as the data of `root.replaced` says; nobody where it says something else.
    package static func authors(_ data: JSONObject) -> [KeyID] {
        (data["endorsements"]?.array ?? []).compactMap { RootEndorsement($0)?.author }
    }

    var json: JSONValue {
        .object(["kid": .string(author.description), "sig": .string(Base64.encode(signature))])
    }
}

extension Verifier {
    /// A record that put a new root in the place of all there were.
    package struct Replacement: Sendable, Equatable {
        package let record: Int
        package let root: KeyID
        /// The roots that had vouched for the journal until then.
        package let setAside: [KeyID]
        package let endorsers: [KeyID]
    }
}

internal import Digest
internal import Sodium

/// Takes a key event's members off its data, each in its only place: a verifier must understand all of them.
struct KeyEventMembers {
    private var members: ArraySlice<JSONObject.Member>

    init(_ data: JSONObject) {
        members = data.members[...]
    }

    private mutating func next(_ key: String) throws(FormatError) -> JSONValue {
        guard let member = members.popFirst(), member.key == key else { throw FormatError(.data) }
        return member.value
    }

    mutating func text(_ key: String) throws(FormatError) -> String {
        guard let text = try next(key).string else { throw FormatError(.data) }
        return text
    }

    /// From 1 on.
    mutating func number(_ key: String) throws(FormatError) -> Int {
        guard let number = try next(key).integer, number >= 1 else { throw FormatError(.data) }
        return number
    }

    mutating func hash(_ key: String) throws(FormatError) -> SHA256Digest {
        guard let hash = SHA256Digest(hex: try text(key)) else { throw FormatError(.data) }
        return hash
    }

    mutating func publicKey(_ key: String) throws(FormatError) -> Ed25519.PublicKey {
        guard let key = Base64.decode(try text(key), count: 32).flatMap({ Ed25519.PublicKey($0) })
        else { throw FormatError(.data) }
        return key
    }

    mutating func proof() throws(FormatError) -> [UInt8] {
        guard let proof = Base64.decode(try text("proof"), count: 64) else { throw FormatError(.data) }
        return proof
    }

    mutating func keyID() throws(FormatError) -> KeyID {
        guard let id = KeyID(try text("kid")) else { throw FormatError(.data) }
        return id
    }

    mutating func endorsements() throws(FormatError) -> [RootEndorsement] {
        guard let values = try next("endorsements").array else { throw FormatError(.data) }
        var endorsements: [RootEndorsement] = []
        for value in values {
            guard let endorsement = RootEndorsement(value) else { throw FormatError(.data) }
            endorsements.append(endorsement)
        }
        return endorsements
    }

    /// Nothing may follow.
    func finish() throws(FormatError) {
        guard members.isEmpty else { throw FormatError(.data) }
    }
}

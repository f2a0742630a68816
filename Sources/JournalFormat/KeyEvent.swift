package import Digest
package import Sodium

/// An event that changes the keyring. Its data has exactly these members in this order, because a verifier must
/// understand it fully.
package enum KeyEvent: Sendable {
    case journalOpened(dataset: String, root: Ed25519.PublicKey, sequencer: Ed25519.PublicKey)
    case epochStarted(
        epoch: Int, baseSize: Int, baseHead: SHA256Digest, sequencer: Ed25519.PublicKey, reason: String)
    case rootEnrolled(key: Ed25519.PublicKey, proof: [UInt8])
    case rootRetired(KeyID, reason: String)
    /// A new root in the place of all there are, whose keys are lost: the authors' word instead of an old root's.
    case rootReplaced(RootReplacement, proof: [UInt8], endorsements: [RootEndorsement])
    /// `role` is any text; the rules ask for `author`.
    case keyEnrolled(role: String, key: Ed25519.PublicKey, name: String, proof: [UInt8])
    case keyRetired(KeyID, reason: String)

    package static func isKeyEvent(_ type: Span<UInt8>) -> Bool { (EventType.core[type]?.keyEvent ?? .none) != .none }

    package var type: EventType { EventType(coreType) }

    package var coreType: CoreEventType {
        switch self {
        case .journalOpened: .journalOpened
        case .epochStarted: .epochStarted
        case .rootEnrolled: .rootEnrolled
        case .rootRetired: .rootRetired
        case .rootReplaced: .rootReplaced
        case .keyEnrolled: .keyEnrolled
        case .keyRetired: .keyRetired
        }
    }

    package var data: JSONObject {
        switch self {
        case .journalOpened(let dataset, let root, let sequencer):
            ["dataset": .string(dataset), "root": .key(root), "sequencer": .key(sequencer)]
        case .epochStarted(let epoch, let baseSize, let baseHead, let sequencer, let reason):
            [
                "epoch": .integer(epoch), "base_size": .integer(baseSize), "base_head": .string(baseHead.hex),
                "sequencer": .key(sequencer), "reason": .string(reason),
            ]
        case .rootEnrolled(let key, let proof):
            ["key": .key(key), "proof": .string(Base64.encode(proof))]
        case .rootReplaced(let replacement, let proof, let endorsements):
            [
                "key": .key(replacement.root), "proof": .string(Base64.encode(proof)),
                "base_size": .integer(replacement.baseSize), "base_head": .string(replacement.baseHead.hex),
                "reason": .string(replacement.reason), "endorsements": .array(endorsements.map(\.json)),
            ]
        case .keyEnrolled(let role, let key, let name, let proof):
            [
                "role": .string(role), "key": .key(key), "name": .string(name),
                "proof": .string(Base64.encode(proof)),
            ]
        case .rootRetired(let kid, let reason), .keyRetired(let kid, let reason):
            ["kid": .string(kid.description), "reason": .string(reason)]
        }
    }

    /// Reads an event whose type is a key event's.
    package init(_ event: Event) throws(FormatError) {
        guard let type = event.coreType, event.schema == CoreEventType.schema else { throw FormatError(.data) }
        var members = KeyEventMembers(event.data)
        switch type {
        case .journalOpened:
            let dataset = try members.text("dataset")
            guard Self.isDataset(dataset) else { throw FormatError(.data) }
            self = .journalOpened(
                dataset: dataset, root: try members.publicKey("root"), sequencer: try members.publicKey("sequencer"))
        case .epochStarted:
            self = .epochStarted(
                epoch: try members.number("epoch"), baseSize: try members.number("base_size"),
                baseHead: try members.hash("base_head"), sequencer: try members.publicKey("sequencer"),
                reason: try members.text("reason"))
        case .rootEnrolled:
            self = .rootEnrolled(key: try members.publicKey("key"), proof: try members.proof())
        case .rootRetired:
            self = .rootRetired(try members.keyID(), reason: try members.text("reason"))
        case .rootReplaced:
            let (root, proof) = (try members.publicKey("key"), try members.proof())
            let replacement = RootReplacement(
                root: root, baseSize: try members.number("base_size"), baseHead: try members.hash("base_head"),
                reason: try members.text("reason"))
            self = .rootReplaced(replacement, proof: proof, endorsements: try members.endorsements())
        case .keyEnrolled:
            self = .keyEnrolled(
                role: try members.text("role"), key: try members.publicKey("key"), name: try members.text("name"),
                proof: try members.proof())
        case .keyRetired:
            self = .keyRetired(try members.keyID(), reason: try members.text("reason"))
        default:
            throw FormatError(.data)
        }
        try members.finish()
    }

    /// A data set's name: lower-case letters, digits, `_` and `-`, at most 32, beginning with a letter or digit.
    package static func isDataset(_ name: String) -> Bool {
        guard (1...32).contains(name.utf8.count), let first = name.utf8.first else { return false }
        let isWord = { (byte: UInt8) in
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
        }
        return isWord(first)
            && name.utf8.allSatisfy { isWord($0) || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-") }
    }
}

extension JSONValue {
    /// 32 bytes in base64.
    package static func key(_ key: Ed25519.PublicKey) -> JSONValue { .string(Base64.encode(key.bytes)) }
}

/// A key's own signature over the journal and role it is meant for: the one who enrols it holds it.
package enum ProofOfPossession {
    private static func message(_ log: EventID, _ role: KeyRole, _ key: Ed25519.PublicKey) -> [UInt8] {
        Array("devjournal/enrol/v1\n\(log)\n\(role.rawValue)\n".utf8) + key.bytes
    }

    package static func make(_ key: borrowing Ed25519.SigningKey, log: EventID, role: KeyRole) -> [UInt8] {
        key.sign(message(log, role, key.publicKey).span)
    }

    package static func isValid(_ proof: [UInt8], by key: Ed25519.PublicKey, log: EventID, role: KeyRole) -> Bool {
        key.verifies(proof.span, of: message(log, role, key).span)
    }
}

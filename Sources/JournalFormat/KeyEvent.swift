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

    package static let types: Set<String> = [
        "journal.opened", "epoch.started", "root.enrolled", "root.retired", "root.replaced", "key.enrolled",
        "key.retired",
    ]

    package static func isKeyEvent(_ type: Span<UInt8>) -> Bool { (EventType.core[type]?.keyEvent ?? .none) != .none }

    package var type: EventType {
        let name =
            switch self {
            case .journalOpened: "journal.opened"
            case .epochStarted: "epoch.started"
            case .rootEnrolled: "root.enrolled"
            case .rootRetired: "root.retired"
            case .rootReplaced: "root.replaced"
            case .keyEnrolled: "key.enrolled"
            case .keyRetired: "key.retired"
            }
        return EventType(wellFormed: name)
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

    /// Reads the data of an event of type `type`, which is one of `types`.
    package init(type: String, schema: Int, data: JSONObject) throws(Refusal) {
        var members = data.members[...]
        func next(_ key: String) throws(Refusal) -> JSONValue {
            guard let member = members.popFirst(), member.key == key else { throw Refusal(.data) }
            return member.value
        }
        func text(_ key: String) throws(Refusal) -> String {
            guard let text = try next(key).string else { throw Refusal(.data) }
            return text
        }
        func number(_ key: String) throws(Refusal) -> Int {
            guard let number = try next(key).integer, number >= 1 else { throw Refusal(.data) }
            return number
        }
        func publicKey(_ key: String) throws(Refusal) -> Ed25519.PublicKey {
            guard let key = Base64.decode(try text(key), count: 32).flatMap({ Ed25519.PublicKey($0) })
            else { throw Refusal(.data) }
            return key
        }
        func proof() throws(Refusal) -> [UInt8] {
            guard let proof = Base64.decode(try text("proof"), count: 64) else { throw Refusal(.data) }
            return proof
        }
        func keyID() throws(Refusal) -> KeyID {
            guard let id = KeyID(try text("kid")) else { throw Refusal(.data) }
            return id
        }
        guard schema == 1 else { throw Refusal(.data) }
        switch type {
        case "journal.opened":
            let dataset = try text("dataset")
            guard Self.isDataset(dataset) else { throw Refusal(.data) }
            self = .journalOpened(
                dataset: dataset, root: try publicKey("root"), sequencer: try publicKey("sequencer"))
        case "epoch.started":
            let (epoch, size) = (try number("epoch"), try number("base_size"))
            guard let head = SHA256Digest(hex: try text("base_head")) else { throw Refusal(.data) }
            self = .epochStarted(
                epoch: epoch, baseSize: size, baseHead: head, sequencer: try publicKey("sequencer"),
                reason: try text("reason"))
        case "root.enrolled":
            self = .rootEnrolled(key: try publicKey("key"), proof: try proof())
        case "root.retired":
            self = .rootRetired(try keyID(), reason: try text("reason"))
        case "root.replaced":
            let (root, proof, size) = (try publicKey("key"), try proof(), try number("base_size"))
            guard let head = SHA256Digest(hex: try text("base_head")) else { throw Refusal(.data) }
            let reason = try text("reason")
            guard let list = try next("endorsements").array else { throw Refusal(.data) }
            var endorsements: [RootEndorsement] = []
            for value in list {
                guard let endorsement = RootEndorsement(value) else { throw Refusal(.data) }
                endorsements.append(endorsement)
            }
            self = .rootReplaced(
                RootReplacement(root: root, baseSize: size, baseHead: head, reason: reason), proof: proof,
                endorsements: endorsements)
        case "key.enrolled":
            self = .keyEnrolled(
                role: try text("role"), key: try publicKey("key"), name: try text("name"), proof: try proof())
        case "key.retired":
            self = .keyRetired(try keyID(), reason: try text("reason"))
        default:
            throw Refusal(.data)
        }
        guard members.isEmpty else { throw Refusal(.data) }
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

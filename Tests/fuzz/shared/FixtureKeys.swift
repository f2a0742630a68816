import Digest
import JournalFormat
import Sodium

/// Keys of the fixtures by their id, each also in the other roles.
let fixtureKeys: [String: JournalKey] = {
    var keys: [String: JournalKey] = [:]
    for name in ["root", "second root", "LS", "LS again", "WS", "second WS"] {
        for role in [KeyRole.root, .sequencer, .author] {
            var seed = SHA256.hash(Array("devjournal fixture key \(name)".utf8).span).bytes
            let key = JournalKey(Ed25519.SigningKey(seed: SecretBytes(moving: &seed)), role: role)
            keys["\(key.id)"] = key
        }
    }
    return keys
}()

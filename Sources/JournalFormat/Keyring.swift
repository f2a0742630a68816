package import Sodium

/// The keys that a journal's records have made known, as of the record read last.
package struct Keyring: Sendable {
    package struct Entry: Sendable {
        package let id: KeyID
        package let role: KeyRole
        package let key: Ed25519.PublicKey
        /// What people call it: `root`, `sequencer 1`, or the name given when it was enrolled.
        package let name: String
        package let enrolledAt: Int
        package fileprivate(set) var retiredAt: Int?
    }

    package private(set) var entries: [KeyID: Entry] = [:]
    private var publicKeys: Set<Ed25519.PublicKey> = []
    /// The current epoch's.
    package private(set) var sequencer: KeyID?
    /// One an epoch, in order.
    package private(set) var sequencers: [KeyID] = []

    package init() {}

    /// The current sequencer's own entry: nearly every record asks for it, so it is not looked up.
    private var current: Entry?

    func entry(_ id: KeyID) -> Entry? {
        if let current, current.id == id { return current }
        return entries[id]
    }

    package subscript(id: KeyID) -> Entry? { entries[id] }

    package var inOrder: [Entry] {
        entries.values.sorted { ($0.enrolledAt, $0.role.rawValue) < ($1.enrolledAt, $1.role.rawValue) }
    }

    /// Whether the public key stands here in any role.
    func knows(_ key: Ed25519.PublicKey) -> Bool { publicKeys.contains(key) }

    mutating func enrol(_ key: Ed25519.PublicKey, role: KeyRole, name: String, at seq: Int) {
        let id = KeyID(key, role: role)
        entries[id] = Entry(id: id, role: role, key: key, name: name, enrolledAt: seq)
        publicKeys.insert(key)
    }

    mutating func startEpoch(_ number: Int, sequencer key: Ed25519.PublicKey, at seq: Int) {
        if let sequencer { entries[sequencer]?.retiredAt = seq }
        enrol(key, role: .sequencer, name: "sequencer \(number)", at: seq)
        let id = KeyID(key, role: .sequencer)
        sequencer = id
        sequencers.append(id)
        current = entries[id]
    }

    mutating func retire(_ id: KeyID, at seq: Int) {
        entries[id]?.retiredAt = seq
    }

    func activeKeys(of role: KeyRole) -> Int {
        entries.values.count { $0.role == role && $0.retiredAt == nil }
    }
}

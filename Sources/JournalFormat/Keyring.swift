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

    /// In the order of their enrolment.
    package private(set) var inOrder: [Entry] = []
    /// Where each key stands in `inOrder`; empty while they are so few that looking at each is faster.
    private var places: [KeyID: Int] = [:]
    /// The current epoch's.
    package private(set) var sequencer: KeyID?
    /// One an epoch, in order.
    package private(set) var sequencers: [KeyID] = []

    package init() {}

    /// The current sequencer's own entry: nearly every record asks for it, so it is not looked up.
    private var current: Entry?

    func entry(_ id: KeyID) -> Entry? {
        if let current, current.id == id { return current }
        return self[id]
    }

    package subscript(id: KeyID) -> Entry? { place(of: id).map { inOrder[$0] } }

    private func place(of id: KeyID) -> Int? {
        places.isEmpty ? inOrder.firstIndex { $0.id == id } : places[id]
    }

    /// Whether the public key stands here in any role.
    package func knows(_ key: Ed25519.PublicKey) -> Bool {
        KeyRole.allCases.contains { place(of: KeyID(key, role: $0)) != nil }
    }

    mutating func enrol(_ key: Ed25519.PublicKey, role: KeyRole, name: String, at seq: Int) {
        let id = KeyID(key, role: role)
        inOrder.append(Entry(id: id, role: role, key: key, name: name, enrolledAt: seq))
        if !places.isEmpty {
            places[id] = inOrder.count - 1
        } else if inOrder.count > 16 {
            for (place, entry) in inOrder.enumerated() { places[entry.id] = place }
        }
    }

    mutating func startEpoch(_ number: Int, sequencer key: Ed25519.PublicKey, at seq: Int) {
        if let sequencer { retire(sequencer, at: seq) }
        enrol(key, role: .sequencer, name: "sequencer \(number)", at: seq)
        let id = KeyID(key, role: .sequencer)
        sequencer = id
        sequencers.append(id)
        current = inOrder.last
    }

    mutating func retire(_ id: KeyID, at seq: Int) {
        if let place = place(of: id) { inOrder[place].retiredAt = seq }
    }

    func activeKeys(of role: KeyRole) -> Int { active(role).count }

    /// Those that are not retired, in the order of their enrolment.
    package func active(_ role: KeyRole) -> [Entry] {
        inOrder.filter { $0.role == role && $0.retiredAt == nil }
    }
}

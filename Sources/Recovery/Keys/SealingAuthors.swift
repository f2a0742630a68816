package import Backup
package import JournalFormat
package import Machines

/// Whose word counts on this workstation for what an artifact holds.
package struct SealingAuthors {
    package enum Standing: String, Sendable {
        /// This workstation's key.
        case own
        case trusted
        case untrusted
    }

    package struct Author: Sendable {
        package let key: Keyring.Entry
        package let standing: Standing
        /// What it has sealed, of what is registered.
        package let labels: [Label]
    }

    private let workstation: Workstation

    package init(_ workstation: Workstation) {
        self.workstation = workstation
    }

    /// Trusts all of them, or none where one is not a workstation's key.
    package func trust(_ fingerprints: [String]) throws {
        let keyring = try workstation.keyring()
        let keys = try fingerprints.map { text in
            let id = try KeyID(typed: text)
            guard let key = keyring[id] else { throw KeyError.unknown(id) }
            guard key.role == .author else { throw KeyError.notAnAuthor(id) }
            return key
        }
        for key in keys {
            try TrustedAuthors(workstation).add(key.id, key.name)
            workstation.machine.reporter.say("what \(key.name) (\(key.id)) has sealed is trusted here")
        }
    }

    /// The keys that have sealed what is registered, and this workstation's own.
    package func list() throws -> [Author] {
        let trusted = try TrustedAuthors(workstation).keys
        let own = try workstation.machine.authorKey()?.id
        let state = try WorkstationLedger.outbox(workstation).state()
        return try workstation.keyring().inOrder.filter { $0.role == .author }.compactMap { key in
            let labels = state.order.filter {
                state.entries[$0]?.sealings.contains { $0.author == key.id } ?? false
            }
            if labels.isEmpty && key.id != own { return nil }
            return Author(
                key: key, standing: key.id == own ? .own : trusted.contains(key.id) ? .trusted : .untrusted,
                labels: labels)
        }
    }
}

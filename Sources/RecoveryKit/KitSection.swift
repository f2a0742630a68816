package import Age
package import JournalFormat

/// What a recovery kit holds of one data set: enough to bring its server back, and to start its journal's next epoch.
package struct KitSection: Sendable {
    package let dataset: String
    package let log: EventID
    package var root: JournalKey
    /// At least one.
    package var identities: [AgeIdentity]
    /// Where the mirror is; nil where none was configured when the section was written.
    package var mirror: String?

    package init(dataset: String, log: EventID, root: JournalKey, identities: [AgeIdentity], mirror: String?) {
        precondition(KeyEvent.isDataset(dataset) && !identities.isEmpty, "a section has a name and an identity")
        self.dataset = dataset
        self.log = log
        self.root = root
        self.identities = identities
        self.mirror = mirror
    }

    /// Adds those that it has not.
    package mutating func add(_ others: [AgeIdentity]) {
        for other in others where !identities.contains(where: { $0.recipient == other.recipient }) {
            identities.append(other)
        }
    }

    /// Whether a line of the kit can hold it.
    static func isMirror(_ text: String) -> Bool {
        !text.isEmpty && text != "-" && text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7f }
    }
}

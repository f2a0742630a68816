/// What is not as it should be in a mirror.
package struct MirrorFinding: Equatable, Sendable {
    package enum Kind: String, Sendable {
        /// The journal says that it is there, and it is not.
        case missing
        /// It is there with other bytes.
        case damaged
        /// The checkpoint does not cover what was pushed: it was set back, or a push was cut off before it.
        case stale
        /// Nothing of this journal has this name.
        case foreign
    }

    package let kind: Kind
    /// The object's key; records that are missing could have been stored in any folder.
    package let name: String
    package let detail: String
    /// The command that mends it; nil for what only a person can judge.
    package let repair: String?

    package init(_ kind: Kind, _ name: String, _ detail: String, repair: String?) {
        self.kind = kind
        self.name = name
        self.detail = detail
        self.repair = repair
    }
}

/// A mirror checked against its journal.
package struct MirrorCheckReport: Sendable {
    package internal(set) var findings: [MirrorFinding] = []
    /// Objects that are as they should be, and their bytes.
    package internal(set) var sound: (objects: Int, bytes: Int) = (0, 0)
    /// Pieces whose records are there again, mostly in a segment that is full now: nothing needs them any more.
    package internal(set) var superseded = 0
    /// Artifacts and records that no push has brought there yet.
    package internal(set) var pending: (artifacts: Int, records: Int) = (0, 0)
    /// Objects that were fetched twice and damaged each time.
    var readTwice: Set<String> = []
    /// Whether the bytes were fetched and hashed.
    package let isDeep: Bool

    init(isDeep: Bool) {
        self.isDeep = isDeep
    }

    /// Whether something that the journal says is there cannot be relied on.
    package var isIncomplete: Bool { findings.contains { $0.kind != .foreign } }
}

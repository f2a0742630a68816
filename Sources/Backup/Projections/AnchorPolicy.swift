package import JournalFormat

/// Why an artifact is an anchor or an incremental: recorded with it, so that nobody has to guess later.
package enum AnchorReason: Hashable, Sendable {
    /// There is no anchor yet.
    case first
    /// There is none yet in a journal that succeeds another, whose artifacts cannot be opened any more.
    case succession
    /// The increments since the last anchor add up to at least its size. Bytes.
    case size(increments: Int, anchor: Int)
    /// Twelve months have passed since the last anchor, counted by label.
    case months(Int)
    /// Neither rule asks for an anchor.
    case incremental(increments: Int, anchor: Int, months: Int)
    /// A person asked for an anchor before one was due.
    case requested
    /// The workstation has no snapshot of that label, which an incremental would start from.
    case parentMissing(Label)

    /// An incremental would have carried something wrong, or been larger than the tree; the words say what.
    case unfitIncrement(String)

    static let unfitIncrementRule = "unfit_increment"
    static let parentMissingRule = "parent_missing"

    package var rule: String {
        switch self {
        case .first: "first"
        case .succession: "succession"
        case .size: "size"
        case .months: "months"
        case .incremental: "incremental"
        case .requested: "requested"
        case .parentMissing: Self.parentMissingRule
        case .unfitIncrement: Self.unfitIncrementRule
        }
    }

    /// A reason takes no more than a line.
    static func shortened(_ words: String) -> String { String(words.prefix(300)) }

    package var json: JSONObject {
        var object: JSONObject = ["rule": .string(rule)]
        switch self {
        case .first, .succession, .requested:
            break
        case .parentMissing(let parent):
            object["parent"] = .string(parent.description)
        case .unfitIncrement(let words):
            object["why"] = .string(words)
        case .size(let increments, let anchor):
            object["increments"] = .integer(increments)
            object["anchor"] = .integer(anchor)
        case .months(let months):
            object["months"] = .integer(months)
        case .incremental(let increments, let anchor, let months):
            object["increments"] = .integer(increments)
            object["anchor"] = .integer(anchor)
            object["months"] = .integer(months)
        }
        return object
    }
}

/// What the anchor rules need to know: the last anchor and what has followed it.
package struct AnchorPolicy: Hashable, Sendable {
    package static let monthsBetweenAnchors = 12

    package struct Chain: Hashable, Sendable {
        package var anchor: Label
        package var anchorBytes: Int
        package var incrementBytes: Int
        package var last: Label
    }

    package private(set) var chain: Chain?
    /// Whether the journal succeeds another and has no artifact yet.
    private var isSuccessor: Bool

    package init(isSuccessor: Bool = false) {
        self.isSuccessor = isSuccessor
    }

    package mutating func registered(_ name: ArtifactName, bytes: Int) {
        isSuccessor = false
        switch name.kind {
        case .full:
            chain = Chain(anchor: name.label, anchorBytes: bytes, incrementBytes: 0, last: name.label)
        case .incremental(let parent):
            // Where a link was withdrawn, what hangs on it cannot be restored: the next artifact is an anchor.
            guard chain?.last == parent else {
                chain = nil
                return
            }
            chain?.incrementBytes += bytes
            chain?.last = name.label
        }
    }

    /// What the artifact of `label` is to be: an anchor where the increments since the last one add up to its size or it is
    /// twelve months old, else an increment on the snapshot before.
    package func next(_ label: Label) -> (kind: ArtifactKind, reason: AnchorReason) {
        guard let chain else { return (.full, isSuccessor ? .succession : .first) }
        if chain.incrementBytes >= chain.anchorBytes {
            return (.full, .size(increments: chain.incrementBytes, anchor: chain.anchorBytes))
        }
        let months = label.month - chain.anchor.month
        if months >= Self.monthsBetweenAnchors { return (.full, .months(months)) }
        return (
            .incremental(parent: chain.last),
            .incremental(increments: chain.incrementBytes, anchor: chain.anchorBytes, months: months)
        )
    }

    /// The first label that must be an anchor, as far as is known now; nil where the next one must be, whichever it is.
    package var anchorDueFrom: Label? {
        guard let chain else { return nil }
        if chain.incrementBytes >= chain.anchorBytes { return chain.last.adding(months: 1) }
        return chain.anchor.adding(months: Self.monthsBetweenAnchors)
    }
}

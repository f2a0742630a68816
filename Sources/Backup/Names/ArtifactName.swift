/// What an artifact holds: all of a snapshot, or what changed since another one.
package enum ArtifactKind: Hashable, Sendable {
    /// A full, self-contained snapshot: an anchor.
    case full
    case incremental(parent: Label)

    /// `full` or `incr`: the manifest's `type`.
    package var type: String {
        switch self {
        case .full: "full"
        case .incremental: "incr"
        }
    }

    package var parent: Label? {
        switch self {
        case .full: nil
        case .incremental(let parent): parent
        }
    }

    package init?(type: String, parent: Label?) {
        switch (type, parent) {
        case ("full", nil): self = .full
        case ("incr", let parent?): self = .incremental(parent: parent)
        default: return nil
        }
    }
}

/// The artifact's file name that the specification fixes:
/// `dev@2026-01.full.send.zst.age`, `dev@2026-02.incr.from_2026-01.send.zst.age`.
package struct ArtifactName: Hashable, Sendable, CustomStringConvertible {
    package let label: Label
    package let kind: ArtifactKind

    package init(_ label: Label, _ kind: ArtifactKind) {
        self.label = label
        self.kind = kind
    }

    package init?(_ text: String) {
        let ending = ".send.zst.age"
        guard text.hasSuffix(ending) else { return nil }
        let parts = text.dropLast(ending.count).split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard let first = parts.first, let label = Label(first) else { return nil }
        if parts.dropFirst() == ["full"] {
            self.init(label, .full)
        } else if parts.count == 3, parts[1] == "incr", parts[2].hasPrefix("from_"),
            let parent = Label(dataset: label.dataset, month: String(parts[2].dropFirst(5)))
        {
            self.init(label, .incremental(parent: parent))
        } else {
            return nil
        }
    }

    package var description: String {
        switch kind {
        case .full: "\(label).full.send.zst.age"
        case .incremental(let parent): "\(label).incr.from_\(parent.monthText).send.zst.age"
        }
    }

    /// Where the server keeps it, relative to the data set's root.
    package var localPath: String {
        switch kind {
        case .full: "artifacts/anchors/\(self)"
        case .incremental: "artifacts/incr/\(self)"
        }
    }
}

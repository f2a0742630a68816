package import JournalFormat

/// The artifacts that bring a label back: its anchor, then each incremental up to it.
package struct RestorePlan: Sendable, Equatable {
    /// What is brought back.
    package let label: Label
    /// In the order they are received; at least one.
    package let steps: [BackupState.Entry]

    package var bytes: Int { steps.reduce(0) { $0 + $1.artifact.bytes } }

    package init(_ label: Label, _ state: BackupState) throws(RestorePlanError) {
        guard var entry = state.entries[label] else { throw .unknownLabel(label) }
        var chain = [entry]
        while let parent = entry.artifact.name.kind.parent {
            // A parent that is not older cannot be restored first; it also ends any circle.
            guard parent < entry.artifact.label, let next = state.entries[parent] else {
                throw .missingParent(parent, of: entry.artifact.label)
            }
            chain.append(next)
            entry = next
        }
        self.label = label
        steps = chain.reversed()
    }

    /// The bytes of all streams that a step's snapshot is made of, its own included; of an imported artifact, whose
    /// stream's length is not known, the artifact's.
    package func streamBytes(upTo label: Label) -> Int {
        steps.filter { $0.artifact.label <= label }.reduce(0) { $0 + ($1.stream?.bytes ?? $1.artifact.bytes) }
    }

    /// The steps that are left for a machine that has that label already.
    package func steps(after: Label?) throws(RestorePlanError) -> ArraySlice<BackupState.Entry> {
        guard let after else { return steps[...] }
        guard let place = steps.firstIndex(where: { $0.artifact.label == after }) else {
            throw .notInChain(after, of: label)
        }
        return steps[(place + 1)...]
    }
}

extension RestorePlan {
    package var json: JSONObject {
        [
            "label": .string(label.description), "bytes": .integer(bytes),
            "steps": .array(steps.map { .object($0.json) }),
        ]
    }
}

/// Why a label cannot be brought back.
package enum RestorePlanError: Error, Equatable, CustomStringConvertible {
    case unknownLabel(Label)
    case missingParent(Label, of: Label)
    case notInChain(Label, of: Label)

    package var description: String {
        switch self {
        case .unknownLabel(let label): "no artifact of \(label) is registered"
        case .missingParent(let parent, let child): "\(child) needs \(parent), which is not registered"
        case .notInChain(let label, let child): "\(child) does not need \(label)"
        }
    }
}

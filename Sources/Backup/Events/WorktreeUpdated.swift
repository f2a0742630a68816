internal import JournalFormat

/// `worktree.updated`: the server's working copy is the label's now.
struct WorktreeUpdated: ProjectedEvent {
    static let type = CoreEventType.worktreeUpdated
    static let maker = EventMaker.command("restore")
    static let wording = EventWording {
        [$0.text("label"), "at", $0.text("path"), $0.text("kept").map { "(before: \($0))" }]
    } ofLabel: { _ in
        "working copy updated"
    }

    let label: Label

    init(_ members: EventMembers) throws(ProjectionRefusal) {
        label = try members.label()
        _ = try members.text("path")
    }

    func isLate(in state: BackupState) -> Bool { state.entries[label] == nil && state.isWithdrawn(label) }

    func change(_ state: inout BackupState, in record: Record) {
        state.worktree = label
    }

    /// - Parameters:
    ///   - kept: where the tree that it replaced is.
    ///   - unpowered: what of the snapshot it does not get.
    static func event(_ label: Label, path: String, kept: String?, unpowered: Unpowered?) -> NewEvent {
        var data: JSONObject = [
            "label": .string(label.description), "path": .string(path), "kept": kept.map { .string($0) } ?? .null,
        ]
        data["unpowered"] = (unpowered?.json).map { .object($0) }
        return event(data)
    }
}

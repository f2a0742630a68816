internal import JournalFormat

/// `snapshot.taken`: a workstation has a read-only snapshot of the label's month.
struct SnapshotTaken: ProjectedEvent {
    static let type = CoreEventType.snapshotTaken
    static let maker = EventMaker.scripts
    static let wording = EventWording {
        [$0.text("label"), "subvolume", $0.text("uuid")]
    } ofLabel: {
        "taken on day \($0.day)"
    }

    let snapshot: Snapshot

    init(_ members: EventMembers) throws(ProjectionRefusal) {
        snapshot = Snapshot(
            label: try members.label(), uuid: try members.text("uuid"), path: try members.text("path"))
    }

    func change(_ state: inout BackupState, in record: Record) {
        state.snapshots[snapshot.label] = snapshot
        state.snapshotsOfAuthors[snapshot.label, default: [:]][record.event.author] = snapshot
    }
}

internal import JournalFormat

func decideSnapshot(
    _ snapshot: Snapshot, _ details: JSONObject, _ state: BackupState, _ thisMonth: Label
) throws(Refused) -> [NewEvent] {
    let label = snapshot.label
    try requireDataset(label, state)
    try requireNotFuture(label, thisMonth)
    if let known = state.snapshots[label], state.entries[label] != nil || known.uuid == snapshot.uuid {
        guard known.uuid == snapshot.uuid else {
            throw Refused(
                "\(label) was taken already, as subvolume \(known.uuid)",
                hint: "a month has one snapshot; the artifact made from it is registered. \(withdrawHint(label))")
        }
        return []
    }
    try state.refuseBeforeSuccession(label)
    try requireGrowth(label, state)
    return [SnapshotTaken.event(details)]
}

internal import JournalFormat

func decideSealing(_ sealing: NewSealing, _ state: BackupState) throws(DecisionError) -> [NewEvent] {
    let artifact = sealing.artifact
    let label = artifact.label
    try requireDataset(label, state)
    if let entry = state.entries[label] {
        if entry.artifact.sha256 == artifact.sha256 { return [] }
        throw DecisionError(
            "\(label) is registered already, with another content",
            hint: "see: devjournal log --label \(label). \(withdrawHint(label))")
    }
    try checkStream(of: artifact.name, uuid: sealing.stream.uuid, parentUUID: sealing.stream.parentUUID, state)
    let reason = reason(
        artifact.name, state, lacksParent: sealing.lacksParent, unfitIncrement: sealing.unfitIncrement)
    return [ArtifactSealed.event(sealing, because: reason)]
}

/// What of a send stream is known before it is made: refused where it would not be of the label's snapshot, or not
/// start from the one that its name says.
package func checkStream(
    of name: ArtifactName, uuid: String, parentUUID: String?, _ state: BackupState
) throws(DecisionError) {
    let label = name.label
    guard let snapshot = state.snapshots[label] else {
        throw DecisionError(
            "no snapshot of \(label) is recorded", .notFound, hint: "take it with ws_dev_snapshot.sh \(label.monthText)"
        )
    }
    guard state.isTaken(label, as: uuid) else {
        throw DecisionError("the stream holds subvolume \(uuid), but \(label) is \(snapshot.uuid)")
    }
    try checkPolicy(name, state)
    guard let parent = name.kind.parent else {
        guard let parentUUID else { return }
        throw DecisionError("a full artifact's stream must stand alone, but this one needs subvolume \(parentUUID)")
    }
    guard let expected = state.streamUUID(of: parent), parentUUID == expected else {
        throw DecisionError(
            "the stream's parent is subvolume \(parentUUID ?? "-"), which is not \(parent)",
            hint: "a full one needs no parent: ws_dev_run_month.sh --full \(label.monthText)")
    }
}

internal import JournalFormat

func decideRegistration(
    _ name: ArtifactName, _ bytes: Int, _ sha256: String, _ state: BackupState, _ thisMonth: Label
) throws(Refused) -> [NewEvent] {
    let label = name.label
    try requireDataset(label, state)
    try refuseWithdrawn(sha256, state)
    if let entry = state.entries[label] {
        if entry.artifact.sha256 == sha256 && entry.artifact.name == name { return [] }
        throw Refused(
            "\(label) is registered already, with another content",
            hint: "artifacts are immutable; see: devjournal log --label \(label). \(withdrawHint(label))")
    }
    try requireTime(label, thisMonth)
    guard let sealed = state.sealings(of: name, sha256: sha256).first, sealed.artifact.bytes == bytes else {
        throw Refused(
            "\(name) is not what was sealed: no artifact.sealed event has its hash \(sha256)",
            hint: "only files made by devjournal seal are registered; was the file changed on its way?")
    }
    guard state.isOfLastSnapshot(sealed) else {
        throw Refused(
            "the snapshot of \(label) was taken again after \(name) was sealed", hint: "seal and send it again")
    }
    guard state.startsFromParent(name, sealed.stream) else {
        throw Refused(
            "\(name) starts from subvolume \(sealed.stream.parentUUID ?? "none"), which is not what its name says",
            hint: "seal and send it again")
    }
    try checkPolicy(name, state)
    let rule = sealed.artifact.reason?["rule"]?.string
    let lacksParent = rule == AnchorReason.parentMissingRule
    let unfit = rule == AnchorReason.unfitIncrementRule ? sealed.artifact.reason?["why"]?.string ?? "" : nil
    let catalogue = sealed.stream.catalogue.map {
        StoredCatalogue(bytes: $0.bytes, sha256: $0.sha256, localPath: label.cataloguePath)
    }
    return [
        ArtifactRegistered.event(
            Artifact(name: name, bytes: bytes, sha256: sha256, reason: nil), catalogue,
            because: reason(name, state, lacksParent: lacksParent, unfitIncrement: unfit))
    ]
}

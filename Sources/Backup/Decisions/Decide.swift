package import JournalFormat

/// The events that a command leads to; none where everything is already recorded.
///
/// - Parameter thisMonth: the current month by local time; labels beyond it are refused. Asked only where there
///   is a label.
package func decide(
    _ command: Command, _ state: BackupState, thisMonth: @autoclosure () -> Label
) throws(Refused) -> [NewEvent] {
    switch command {
    case .recordSnapshot(let snapshot, let details):
        return try decideSnapshot(snapshot, details, state, thisMonth())
    case .recordSealing(let sealing):
        return try decideSealing(sealing, state)
    case .register(let name, let bytes, let sha256):
        return try decideRegistration(name, bytes, sha256, state, thisMonth())
    case .recordUpload(let label, let sha256, let bytes, let objectKey, let store, let catalogueKey):
        let entry = try registered(label, sha256, state)
        if entry.objectKey == objectKey && entry.store == store && entry.catalogueKey == catalogueKey { return [] }
        var data: JSONObject = [
            "label": .string(label.description), "object_key": .string(objectKey), "bytes": .integer(bytes),
            "sha256": .string(sha256), "store": .string(store),
        ]
        data["catalogue_key"] = catalogueKey.map { .string($0) }
        return [NewEvent(core: "artifact.uploaded", by: .sequencer, data)]
    case .recordStoring(let label, let sha256, let bytes, let localPath, let objectKey):
        _ = try registered(label, sha256, state)
        return [
            NewEvent(
                core: "artifact.stored", by: .sequencer,
                [
                    "label": .string(label.description), "bytes": .integer(bytes), "sha256": .string(sha256),
                    "local_path": .string(localPath), "object_key": .string(objectKey),
                ])
        ]
    case .recordCheck(let label, let sha256, let condition, let found):
        let entry = try registered(label, sha256, state)
        // What is known to be broken is reported once.
        if condition != .ok, entry.condition == condition { return [] }
        var data: JSONObject = [
            "label": .string(label.description), "bytes": .integer(entry.artifact.bytes), "sha256": .string(sha256),
            "result": .string(condition.rawValue),
        ]
        if let found {
            data["found_sha256"] = .string(found.sha256)
            data["found_bytes"] = .integer(found.bytes)
        }
        return [NewEvent(core: "artifact.verified", by: .sequencer, data)]
    case .recordRelease(let label, let after, let destination, let confirmed):
        return try decideRelease(label, after: after, to: destination, confirmed: confirmed, state)
    case .recordRestore(let label, let role, let uuid, let receivedUUID, let path, let trustsServer):
        var data: JSONObject = [
            "label": .string(label.description), "uuid": .string(uuid),
            "received_uuid": .string(receivedUUID), "path": .string(path),
        ]
        if trustsServer { data["trust_server"] = .bool(true) }
        return [NewEvent(core: "snapshot.restored", by: role, data)]
    case .withdraw(let label, let reason, let withChildren, let login):
        return try decideWithdrawal(label, reason, withChildren: withChildren, login: login, state)
    case .recordWorktree(let label, let path, let kept, let unpowered):
        var data: JSONObject = [
            "label": .string(label.description), "path": .string(path), "kept": kept.map { .string($0) } ?? .null,
        ]
        if let unpowered { data["unpowered"] = .object(unpowered.json) }
        return [NewEvent(core: "worktree.updated", by: .sequencer, data)]
    case .setRecipients(let recipients, let reason):
        if state.recipients == recipients { return [] }
        var data: JSONObject = ["recipients": .array(recipients.map { .string($0) })]
        if let reason { data["reason"] = .string(reason) }
        return [NewEvent(core: "recipient.set", by: .sequencer, data)]
    case .recordKit(let sha256, let bytes, let workFactor):
        return [
            NewEvent(
                core: "kit.made", by: .sequencer,
                ["sha256": .string(sha256), "bytes": .integer(bytes), "work_factor": .integer(workFactor)])
        ]
    case .importManifest(let manifest):
        return try decideImport(manifest, state, thisMonth())
    case .signReview(let review):
        return try decideReview(review, state)
    case .changeKeys(let event):
        switch event {
        case .keyEnrolled, .keyRetired: return [NewEvent(event.type, by: .sequencer, event.data)]
        default: throw Refused("\(event.type) is not recorded on its own")
        }
    case .acceptCut(let data):
        return [NewEvent(core: "witness.accepted", by: .author, data)]
    case .note(let type, let data):
        guard type.description == "note" || type.isUserDefined else {
            throw Refused("\(type) is not for scripts to append")
        }
        return [NewEvent(type, by: .sequencer, data)]
    }
}

private func decideSnapshot(
    _ snapshot: BackupEvent.Snapshot, _ details: JSONObject, _ state: BackupState, _ thisMonth: Label
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
    return [NewEvent(core: "snapshot.taken", by: .author, details)]
}

private func decideSealing(_ sealing: Command.Sealing, _ state: BackupState) throws(Refused) -> [NewEvent] {
    let artifact = sealing.artifact
    let label = artifact.label
    try requireDataset(label, state)
    if let entry = state.entries[label] {
        if entry.artifact.sha256 == artifact.sha256 { return [] }
        throw Refused(
            "\(label) is registered already, with another content",
            hint: "see: devjournal log --label \(label). \(withdrawHint(label))")
    }
    try checkStream(of: artifact.name, uuid: sealing.stream.uuid, parentUUID: sealing.stream.parentUUID, state)
    var data: JSONObject = [
        "label": .string(label.description), "type": .string(artifact.name.kind.type),
        "parent": artifact.name.kind.parent.map { .string($0.description) } ?? .null,
        "name": .string(artifact.name.description), "bytes": .integer(artifact.bytes),
        "sha256": .string(artifact.sha256), "uuid": .string(sealing.stream.uuid),
        "parent_uuid": sealing.stream.parentUUID.map { .string($0) } ?? .null,
        "stream_bytes": .integer(sealing.stream.bytes), "stream_version": .integer(sealing.streamVersion),
        "recipients": .array(sealing.recipients.map { .string($0) }),
    ]
    data["tree"] = sealing.stream.tree.map { .string($0) }
    data["frames"] = (sealing.stream.frames?.json).map { .object($0) }
    data["catalogue"] = (sealing.stream.catalogue?.json).map { .object($0) }
    data["reason"] = .object(
        reason(
            artifact.name, state, lacksParent: sealing.lacksParent, unfitIncrement: sealing.unfitIncrement
        ).json)
    data["tools"] = .object(sealing.tools)
    return [NewEvent(core: "artifact.sealed", by: .author, data)]
}

/// What of a send stream is known before it is made: refused where it would not be of the label's snapshot, or not
/// start from the one that its name says.
package func checkStream(
    of name: ArtifactName, uuid: String, parentUUID: String?, _ state: BackupState
) throws(Refused) {
    let label = name.label
    guard let snapshot = state.snapshots[label] else {
        throw Refused(
            "no snapshot of \(label) is recorded", .notFound, hint: "take it with ws_dev_snapshot.sh \(label.monthText)"
        )
    }
    guard state.isTaken(label, as: uuid) else {
        throw Refused("the stream holds subvolume \(uuid), but \(label) is \(snapshot.uuid)")
    }
    try checkPolicy(name, state)
    guard let parent = name.kind.parent else {
        guard let parentUUID else { return }
        throw Refused("a full artifact's stream must stand alone, but this one needs subvolume \(parentUUID)")
    }
    guard let expected = state.streamUUID(of: parent), parentUUID == expected else {
        throw Refused(
            "the stream's parent is subvolume \(parentUUID ?? "-"), which is not \(parent)",
            hint: "a full one needs no parent: ws_dev_run_month.sh --full \(label.monthText)")
    }
}

private func decideRegistration(
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
    var data: JSONObject = [
        "label": .string(label.description), "type": .string(name.kind.type),
        "parent": name.kind.parent.map { .string($0.description) } ?? .null,
        "name": .string(name.description), "bytes": .integer(bytes), "sha256": .string(sha256),
        "local_path": .string(name.localPath),
        "reason": .object(reason(name, state, lacksParent: lacksParent, unfitIncrement: unfit).json),
    ]
    if let catalogue = sealed.stream.catalogue {
        data["catalogue"] = .object([
            "bytes": .integer(catalogue.bytes), "sha256": .string(catalogue.sha256),
            "local_path": .string(label.cataloguePath),
        ])
    }
    return [NewEvent(core: "artifact.registered", by: .sequencer, data)]
}

/// An early anchor is welcome; an incremental is accepted only where the rules want one, and from the last label only.
package func checkPolicy(_ name: ArtifactName, _ state: BackupState) throws(Refused) {
    try state.refuseBeforeSuccession(name.label)
    try requireGrowth(name.label, state)
    guard let parent = name.kind.parent else { return }
    let (kind, due) = state.policy.next(name.label)
    guard let expected = kind.parent else {
        throw Refused(
            "an anchor is due for \(name.label) (rule \(due.rule)), so an incremental is refused",
            hint: "devjournal next \(name.label) says what is due and why")
    }
    guard parent == expected else {
        throw Refused("\(name.label) must be an incremental from \(expected), not from \(parent)")
    }
}

private func reason(
    _ name: ArtifactName, _ state: BackupState, lacksParent: Bool, unfitIncrement: String?
) -> AnchorReason {
    let (kind, reason) = state.policy.next(name.label)
    if kind == name.kind { return reason }
    if lacksParent, let parent = kind.parent { return .parentMissing(parent) }
    if let unfitIncrement { return .unfitIncrement(AnchorReason.shortened(unfitIncrement)) }
    return .requested
}

func requireDataset(_ label: Label, _ state: BackupState) throws(Refused) {
    guard label.dataset == state.dataset else {
        throw Refused("\(label) is not of data set \(state.dataset)")
    }
}

private func registered(
    _ label: Label, _ sha256: String, _ state: BackupState
) throws(Refused) -> BackupState.Entry {
    guard let entry = state.entries[label] else {
        throw Refused("no artifact of \(label) is registered", .notFound)
    }
    guard entry.artifact.sha256 == sha256 else {
        throw Refused("\(label) is registered with hash \(entry.artifact.sha256), not \(sha256)")
    }
    return entry
}

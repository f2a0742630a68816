package import JournalFormat

/// The events that a command leads to; none where everything is already recorded.
///
/// - Parameter thisMonth: the current month by local time; labels beyond it are refused. Asked only where there
///   is a label.
package func decide(
    _ command: Command, _ state: BackupState, thisMonth: @autoclosure () -> Label
) throws(DecisionError) -> [NewEvent] {
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
        return [
            ArtifactUploaded.event(
                label, objectKey: objectKey, bytes: bytes, sha256: sha256, store: store, catalogueKey: catalogueKey)
        ]
    case .recordStoring(let label, let sha256, let bytes, let localPath, let objectKey):
        _ = try registered(label, sha256, state)
        return [
            ArtifactStored.event(label, bytes: bytes, sha256: sha256, localPath: localPath, objectKey: objectKey)
        ]
    case .recordCatalogue(let label, let sha256, let made):
        return try decideCatalogue(made, of: try registered(label, sha256, state))
    case .recordCheck(let label, let sha256, let condition, let found):
        let entry = try registered(label, sha256, state)
        // What is known to be broken is reported once.
        if condition != .ok, entry.condition == condition { return [] }
        return [ArtifactVerified.event(entry.artifact, condition, found: found)]
    case .withdraw(let label, let reason, let withChildren, let login):
        return try decideWithdrawal(label, reason, withChildren: withChildren, login: login, state)
    case .importManifest(let manifest):
        return try decideImport(manifest, state, thisMonth())
    case .recordRelease(let label, let after, let destination, let confirmed, let paths, let names):
        if let names { return try decideNames(names, of: label, to: destination, confirmed: confirmed, state) }
        return try decideRelease(label, after: after, to: destination, confirmed: confirmed, paths: paths, state)
    case .signReview(let review):
        return try decideReview(review, state)
    case .setRecipients(let recipients, let reason):
        return state.recipients == recipients ? [] : [RecipientSet.event(recipients, because: reason)]
    case .recordRestore(let label, let role, let uuid, let receivedUUID, let path, let trustsServer):
        return [
            SnapshotRestored.event(
                label, by: role, uuid: uuid, receivedUUID: receivedUUID, path: path, trustsServer: trustsServer)
        ]
    case .recordWorktree(let label, let path, let kept, let unpowered):
        return [WorktreeUpdated.event(label, path: path, kept: kept, unpowered: unpowered)]
    case .recordKit(let sha256, let bytes, let workFactor):
        return [KitMade.event(sha256: sha256, bytes: bytes, workFactor: workFactor)]
    case .changeKeys(let event):
        switch event {
        case .keyEnrolled, .keyRetired: return [NewEvent(event.type, by: .sequencer, event.data)]
        default: throw DecisionError("\(event.type) is not recorded on its own")
        }
    case .acceptCut(let data):
        return [NewEvent(.witnessAccepted, by: .author, data)]
    case .note(let type, let data, let role):
        guard type == EventType(.note) || type.isUserDefined else {
            throw DecisionError("\(type) is not for scripts to append")
        }
        guard type.mayBeAuthored(by: role) else {
            throw DecisionError("\(type) is not the \(role.rawValue)'s to say")
        }
        return [NewEvent(type, by: role, data)]
    }
}

private func registered(
    _ label: Label, _ sha256: String, _ state: BackupState
) throws(DecisionError) -> BackupState.Entry {
    guard let entry = state.entries[label] else {
        throw DecisionError("no artifact of \(label) is registered", .notFound)
    }
    guard entry.artifact.sha256 == sha256 else {
        throw DecisionError("\(label) is registered with hash \(entry.artifact.sha256), not \(sha256)")
    }
    return entry
}

private func decideCatalogue(
    _ made: SignedCatalogue, of entry: BackupState.Entry
) throws(DecisionError) -> [NewEvent] {
    let label = entry.artifact.label
    if let sealed = entry.stream?.tree, sealed != made.tree {
        throw DecisionError("the tree that was listed is not the one that was sealed as \(label)")
    }
    if let sealed = entry.stream?.frames, sealed != made.frames {
        throw DecisionError("the frames are not those that were sealed as \(label)")
    }
    return entry.laterCatalogue == made ? [] : [ArtifactCatalogued.event(entry.artifact, made)]
}

internal import JournalFormat

extension BackupState.Entry {
    /// What a look at the server's copy has found.
    mutating func found(_ condition: BackupState.Condition, in record: Record, rebuiltIn: Int) {
        self.condition = condition
        checkedAt = record.ts
        isOnlyMirrored = condition == .missing && objectKey != nil && heldIn < rebuiltIn
        if condition != .missing { heldIn = record.epoch }
    }
}

extension BackupState {
    mutating func register(_ entry: Entry, in record: Record) throws(ProjectionError) {
        let label = entry.artifact.label
        guard entries[label] == nil else {
            throw ProjectionError(record: record.seq, message: "\(label) is registered twice")
        }
        entries[label] = entry
        order.append(label)
    }

    /// Forgets all that the label stood for: it is as if its month had not come yet.
    mutating func withdraw(_ label: Label, in record: Record) {
        guard let entry = entries.removeValue(forKey: label) else { return }
        withdrawals.append(
            Withdrawal(
                entry, receivedUUID: receivedUUIDs[label], restoredPath: restored[label],
                wasFollowed: worktree == label, record: record))
        snapshots[label] = nil
        snapshotsOfAuthors[label] = nil
        sealings[label] = nil
        restored[label] = nil
        restoredUUIDs[label] = nil
        receivedUUIDs[label] = nil
        if worktree == label { worktree = nil }
        order.removeAll { $0 == label }
    }

    /// An import counts from its last part on; what an interrupted one has left is forgotten when another begins.
    mutating func take(_ part: ManifestImport.Part, in record: Record) throws(ProjectionError) {
        let before = part.number == 1 ? [] : pendingImport
        guard part.number == before.count + 1,
            before.allSatisfy({ $0.source == part.source && $0.count == part.count })
        else {
            throw ProjectionError(record: record.seq, message: "manifest.imported is not the part that is due")
        }
        pendingImport = before + [part]
        guard part.number == part.count else { return }
        let rows = pendingImport.flatMap(\.rows)
        var labels = Set(entries.keys)
        if let twice = rows.first(where: { !labels.insert($0.name.label).inserted }) {
            throw ProjectionError(record: record.seq, message: "\(twice.name.label) is registered twice")
        }
        for row in rows { try register(Entry(row, in: record), in: record) }
        importedManifest = part.source
        pendingImport = []
    }
}

extension BackupState.Entry {
    /// As an import brings it: nobody has said how it was sealed.
    fileprivate init(_ row: ManifestImport.Row, in record: Record) {
        self.init(
            artifact: Artifact(name: row.name, bytes: row.bytes, sha256: row.sha256, reason: nil),
            registeredAt: row.ts ?? record.ts, sealings: [], catalogues: [], localPath: row.localPath,
            objectKey: row.objectKey, checkedAt: record.ts, heldIn: record.epoch)
    }
}

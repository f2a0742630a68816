internal import JournalFormat

/// An event about an artifact that is registered under that label with that hash.
protocol RegisteredArtifactEvent: ProjectedEvent {
    var label: Label { get }
    var sha256: String { get }
}

extension RegisteredArtifactEvent {
    func isLate(in state: BackupState) -> Bool {
        state.entries[label]?.artifact.sha256 != sha256 && state.withdrawal(label, sha256: sha256) != nil
    }

    func requireRegistered(in state: BackupState, _ record: Record) throws(ProjectionRefusal) {
        guard state.entries[label]?.artifact.sha256 == sha256 else {
            throw ProjectionRefusal(
                record: record.seq, message: "\(record.event.type) of \(label), which is not registered like that")
        }
    }
}

package import JournalFormat

extension BackupState.Entry {
    /// A row of the manifest.
    package var json: JSONObject {
        [
            "ts": .string(registeredAt.description), "label": .string(artifact.label.description),
            "type": .string(artifact.name.kind.type),
            "parent": artifact.name.kind.parent.map { .string($0.description) } ?? .null,
            "bytes": .integer(artifact.bytes), "sha256": .string(artifact.sha256), "local_path": .string(localPath),
            "object_key": objectKey.map { .string($0) } ?? .null,
        ]
    }
}

internal import Digest
package import JournalFormat

/// Manifest v2: one line a registered artifact, tab-separated, `-` for nothing (an empty field would be swallowed
/// by a shell's tab-separated `read`).
package enum Manifest {
    package static let header = "ts\tlabel\ttype\tparent\tbytes\tsha256\tlocal_path\tobject_key\n"

    package static func tsv(_ state: BackupState) -> String {
        state.order.reduce(into: header) { text, label in
            guard let entry = state.entries[label] else { return }
            let artifact = entry.artifact
            let fields = [
                entry.registeredAt.description, label.description, artifact.name.kind.type,
                artifact.name.kind.parent?.description ?? "-", String(artifact.bytes), artifact.sha256,
                entry.localPath, entry.objectKey ?? "-",
            ]
            text += fields.joined(separator: "\t") + "\n"
        }
    }
}

/// The policy's state as shell-safe literals, to be sourced. Nothing in it depends on today.
package enum StateEnv {
    /// `SEQ` and `HEAD` name the last record that may have changed the other lines: as with the manifest, what changes
    /// no projection leaves the file as it is.
    package static func text(_ state: BackupState) -> String {
        let policy = state.policy
        return """
            LAST_LABEL=\(state.latest?.description ?? "")
            ANCHOR_LABEL=\(policy.chain?.anchor.description ?? "")
            ANCHOR_BYTES=\(policy.chain?.anchorBytes ?? 0)
            INCR_BYTES=\(policy.chain?.incrementBytes ?? 0)
            ANCHOR_DUE_FROM=\(policy.anchorDueFrom?.description ?? "")
            SEQ=\(state.changedAt.seq)
            HEAD=\(state.changedAt.head.hex)

            """
    }
}

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

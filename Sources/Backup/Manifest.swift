package import Digest
internal import JournalFormat

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
    package static func text(_ state: BackupState) -> String {
        text(policy: policy(state), seq: state.seq, head: state.head)
    }

    /// - Parameter policy: what `policy` says of the state; records that change nothing leave it as it is.
    package static func text(policy: String, seq: Int, head: SHA256Digest) -> String {
        policy + lines([("SEQ", String(seq)), ("HEAD", head.hex)])
    }

    /// The lines that follow from what was registered.
    package static func policy(_ state: BackupState) -> String {
        let policy = state.policy
        return lines([
            ("LAST_LABEL", state.latest?.description ?? ""),
            ("ANCHOR_LABEL", policy.chain?.anchor.description ?? ""),
            ("ANCHOR_BYTES", String(policy.chain?.anchorBytes ?? 0)),
            ("INCR_BYTES", String(policy.chain?.incrementBytes ?? 0)),
            ("ANCHOR_DUE_FROM", policy.anchorDueFrom?.description ?? ""),
        ])
    }

    private static func lines(_ values: [(String, String)]) -> String {
        values.map { "\($0)=\($1)\n" }.joined()
    }
}

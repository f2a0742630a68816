package import JournalFormat

/// An artifact that was registered and withdrawn later: nothing plans, pulls or counts it any more.
///
/// What a label stood for is forgotten; this is what is left of it, so that files and snapshots can be set aside at any
/// later time, by whichever machine still has them.
package struct Withdrawal: Sendable, Equatable {
    package let name: ArtifactName
    package let sha256: String
    package let bytes: Int
    package let localPath: String
    /// All that there ever were.
    package let catalogues: [StoredCatalogue]
    /// The record that withdrew it.
    package let record: Int
    package let reason: String
    /// The UUID that send streams name its snapshot by; nil where nobody has said it.
    package let uuid: String?
    /// Where the server's received snapshot stood, as the events said.
    package let restoredPath: String?
    /// Whether the server's working copy was made from it.
    package let wasFollowed: Bool

    package var label: Label { name.label }

    init(
        _ entry: BackupState.Entry, receivedUUID: String?, restoredPath: String?, wasFollowed: Bool, record: Record
    ) {
        name = entry.artifact.name
        sha256 = entry.artifact.sha256
        bytes = entry.artifact.bytes
        localPath = entry.localPath
        catalogues = entry.catalogues
        self.record = record.seq
        reason = record.event.data["reason"]?.string ?? ""
        uuid = entry.stream?.uuid ?? receivedUUID
        self.restoredPath = restoredPath
        self.wasFollowed = wasFollowed
    }
}

extension BackupState {
    /// What a file of that name has to be: what is registered under it, else what was sealed last.
    ///
    /// - Parameter author: who brings it, where that is known: what others say of the name does not count then.
    package func announced(_ name: ArtifactName, by author: KeyID? = nil) -> Artifact? {
        if let entry = entries[name.label] { return entry.artifact.name == name ? entry.artifact : nil }
        return sealings[name.label]?.last { sealing in
            sealing.artifact.name == name && (author == nil || sealing.author == author)
        }?.artifact
    }

    package func withdrawal(_ label: Label, sha256: String) -> Withdrawal? {
        withdrawals.last { $0.label == label && $0.sha256 == sha256 }
    }

    package func isWithdrawn(_ label: Label) -> Bool { withdrawals.contains { $0.label == label } }
}

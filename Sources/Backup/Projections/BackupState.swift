package import Digest
package import JournalFormat

/// What a journal's records add up to. Everything here follows from the records alone.
package struct BackupState: Sendable, Equatable {
    /// One registered artifact: a row of the manifest.
    package struct Entry: Sendable, Equatable {
        package let artifact: Artifact
        package let registeredAt: Timestamp
        /// What workstations have said of this very artifact before it was registered; none of an imported one.
        package let sealings: [Sealing]
        /// All that there ever were, the one that counts last.
        package internal(set) var catalogues: [StoredCatalogue]
        package internal(set) var laterCatalogue: SignedCatalogue?
        package internal(set) var catalogueKey: String?
        package internal(set) var localPath: String
        package internal(set) var objectKey: String?
        package internal(set) var store: String?
        /// When the server's copy was last checked against its hash: registered, fetched back or scrubbed.
        package internal(set) var checkedAt: Timestamp
        /// What the last check found.
        package internal(set) var condition = Condition.ok
        /// The epoch in which the server's copy was last there.
        package internal(set) var heldIn: Int
        /// Not on the server since it was rebuilt from the mirror, which has it: a state, and no damage. One that
        /// vanishes later is missing.
        package internal(set) var isOnlyMirrored = false

        /// By who said it first: nobody else can have known its hash.
        package var stream: ArtifactStream? { sealings.first?.stream }

        package var catalogue: StoredCatalogue? { catalogues.last }
        /// What the server's catalogue has to be, as it is stored and as text.
        package var catalogueText: ArtifactCatalogue? { laterCatalogue?.text ?? stream?.catalogue }
        /// Of the catalogue's text, which vouches for a part of the listing by itself: that is for the author who sealed the
        /// artifact to say, so one that was made later has none.
        package var catalogueIndex: ArtifactCatalogue.Index? {
            laterCatalogue == nil ? stream?.catalogue?.index : nil
        }
        /// The hash of the listing in it: where the sealing names none, the server's word.
        package var listedTree: String? { stream?.tree ?? laterCatalogue?.tree }
        /// Of the frame table in it; the same.
        package var frames: ArtifactStream.Frames? { stream?.frames ?? laterCatalogue?.frames }

        /// All of that.
        ///
        /// - Parameter stream: as somebody has said it who is believed.
        /// - Returns: nil where the catalogue, or its listing's hash, has not been said.
        package func signedCatalogue(by stream: ArtifactStream?) -> SignedCatalogue? {
            guard let text = laterCatalogue?.text ?? stream?.catalogue, let tree = stream?.tree ?? laterCatalogue?.tree
            else { return nil }
            return SignedCatalogue(text: text, tree: tree, frames: stream?.frames ?? laterCatalogue?.frames)
        }
    }

    /// What a workstation says that it has sealed.
    package struct Sealing: Sendable, Equatable {
        package let artifact: Artifact
        package let stream: ArtifactStream
        package let author: KeyID
    }

    /// What `artifact.verified` says of the server's copy.
    package enum Condition: String, Sendable, Equatable {
        case ok, damaged, missing
    }

    package internal(set) var dataset = ""
    package internal(set) var seq = 0
    package internal(set) var head = SHA256Digest()
    package internal(set) var lastTime = Timestamp(milliseconds: 0)
    /// The last record that may have changed anything here, and the SHA-256 of its line.
    package internal(set) var changedAt: (seq: Int, head: SHA256Digest) = (0, SHA256Digest())
    /// What was said last of a label, by whichever workstation.
    package internal(set) var snapshots: [Label: Snapshot] = [:]
    /// What each workstation has said last of a label: another's word displaces none.
    var snapshotsOfAuthors: [Label: [KeyID: Snapshot]] = [:]
    /// In the order in which they were said. Any workstation may say it of any label.
    package internal(set) var sealings: [Label: [Sealing]] = [:]
    package internal(set) var entries: [Label: Entry] = [:]
    /// Registered labels in the order of their registration.
    package internal(set) var order: [Label] = []
    package internal(set) var recipients: [String] = []
    /// The epoch in which the server was last rebuilt from the mirror; 0 where it never was. A rotation of its key
    /// begins an epoch on the same disk.
    package internal(set) var rebuiltIn = 0
    /// Where received snapshots stand, as the events say.
    package internal(set) var restored: [Label: String] = [:]
    /// Their own UUIDs.
    package internal(set) var restoredUUIDs: [Label: String] = [:]
    /// The UUIDs that received snapshots had where they were taken: known also for imported artifacts.
    package internal(set) var receivedUUIDs: [Label: String] = [:]
    /// The manifest that was imported, where one was.
    package internal(set) var importedManifest: ManifestImport.Source?
    /// The parts of an import that is not complete yet.
    var pendingImport: [ManifestImport.Part] = []
    package internal(set) var worktree: Label?
    /// What was registered once and is no more, in the order of its withdrawal.
    package internal(set) var withdrawals: [Withdrawal] = []
    /// The last record that a reviewer has signed.
    package internal(set) var reviewedUpTo = 0
    /// The journal that this one succeeds, where it does.
    package internal(set) var succession: Succession?

    package static let initial = BackupState()

    package init() {}

    /// The newest registered label.
    package var latest: Label? { order.last }

    package var policy: AnchorPolicy {
        var policy = AnchorPolicy(isSuccessor: succession != nil)
        for label in order {
            guard let entry = entries[label] else { continue }
            policy.registered(entry.artifact.name, bytes: entry.artifact.bytes)
        }
        return policy
    }

    /// Whether a workstation says that it has taken the label as that subvolume.
    func isTaken(_ label: Label, as uuid: String) -> Bool {
        snapshotsOfAuthors[label]?.values.contains { $0.uuid == uuid } ?? false
    }

    /// Whether streams name the label's snapshot by that UUID, as far as is known: as it was taken, or as it was
    /// sealed.
    package func isSnapshot(_ label: Label, _ uuid: String) -> Bool {
        isTaken(label, as: uuid) || streamUUID(of: label) == uuid
    }

    /// The hash of the tree that the label stands for: of what is registered, else of what was sealed last.
    package func tree(of label: Label) -> String? { entries[label]?.stream?.tree ?? sealed(label)?.stream.tree }

    /// Whether a sealing is of the snapshot that its author has taken last of the label.
    func isOfLastSnapshot(_ sealing: Sealing) -> Bool {
        snapshotsOfAuthors[sealing.artifact.label]?[sealing.author]?.uuid == sealing.stream.uuid
    }

    /// Whether a stream starts from the snapshot of the label that its artifact names as its parent, and a full one
    /// from none: its author's word alone would let him name any other subvolume of the server's.
    package func startsFromParent(_ name: ArtifactName, _ stream: ArtifactStream) -> Bool {
        guard let parent = name.kind.parent else { return stream.parentUUID == nil }
        guard let expected = streamUUID(of: parent) else { return false }
        return stream.parentUUID == expected
    }

    /// What streams call the label's snapshot; of an imported artifact that is known once it was restored.
    package func streamUUID(of label: Label) -> String? { entries[label]?.stream?.uuid ?? receivedUUIDs[label] }

    /// What was said last of that label.
    package func sealed(_ label: Label) -> Sealing? { sealings[label]?.last }

    /// Who has said it of exactly these bytes, the first one first.
    package func sealings(of name: ArtifactName, sha256: String) -> [Sealing] {
        (sealings[name.label] ?? []).filter { $0.artifact.name == name && $0.artifact.sha256 == sha256 }
    }

    package static func == (left: Self, right: Self) -> Bool {
        left.seq == right.seq && left.head == right.head
    }
}

extension BackupState {
    /// The state after a record whose event changes nothing.
    package mutating func pass(seq: Int, hash: SHA256Digest, ts: Timestamp) {
        self.seq = seq
        head = hash
        lastTime = ts
    }

    /// What `epoch.started` gives as its reason where the server was rebuilt from the mirror.
    package static let rebuildReason = "rebuilt from the mirror"
}

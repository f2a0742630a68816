package import Digest
package import JournalFormat

/// What a journal's records add up to. Everything here follows from the records alone.
package struct BackupState: Sendable, Equatable {
    /// One registered artifact: a row of the manifest.
    package struct Entry: Sendable, Equatable {
        package let artifact: BackupEvent.Artifact
        package let registeredAt: Timestamp
        /// What workstations have said of this very artifact before it was registered; none of an imported one.
        package let sealings: [Sealing]
        package let catalogue: BackupEvent.StoredCatalogue?
        package fileprivate(set) var catalogueKey: String?
        package fileprivate(set) var localPath: String
        package fileprivate(set) var objectKey: String?
        package fileprivate(set) var store: String?
        /// When the server's copy was last checked against its hash: registered, fetched back or scrubbed.
        package fileprivate(set) var checkedAt: Timestamp
        /// What the last check found.
        package fileprivate(set) var condition = Condition.ok
        /// The epoch in which the server's copy was last there.
        package fileprivate(set) var heldIn: Int
        /// Not on the server since it was rebuilt from the mirror, which has it: a state, and no damage. One that
        /// vanishes later is missing.
        package fileprivate(set) var isOnlyMirrored = false

        /// By who said it first: nobody else can have known its hash.
        package var stream: BackupEvent.Stream? { sealings.first?.stream }
    }

    /// What a workstation says that it has sealed.
    package struct Sealing: Sendable, Equatable {
        package let artifact: BackupEvent.Artifact
        package let stream: BackupEvent.Stream
        package let author: KeyID
    }

    /// What `artifact.verified` says of the server's copy.
    package enum Condition: String, Sendable, Equatable {
        case ok, damaged, missing
    }

    package private(set) var dataset = ""
    package internal(set) var seq = 0
    package internal(set) var head = SHA256Digest()
    package internal(set) var lastTime = Timestamp(milliseconds: 0)
    /// The last record that may have changed anything here, and the SHA-256 of its line.
    package private(set) var changedAt: (seq: Int, head: SHA256Digest) = (0, SHA256Digest())
    /// What was said last of a label, by whichever workstation.
    package private(set) var snapshots: [Label: BackupEvent.Snapshot] = [:]
    /// What each workstation has said last of a label: another's word displaces none.
    private var snapshotsOfAuthors: [Label: [KeyID: BackupEvent.Snapshot]] = [:]
    /// In the order in which they were said. Any workstation may say it of any label.
    package private(set) var sealings: [Label: [Sealing]] = [:]
    package private(set) var entries: [Label: Entry] = [:]
    /// Registered labels in the order of their registration.
    package private(set) var order: [Label] = []
    package private(set) var recipients: [String] = []
    /// The epoch in which the server was last rebuilt from the mirror; 0 where it never was. A rotation of its key
    /// begins an epoch on the same disk.
    package private(set) var rebuiltIn = 0
    /// Where received snapshots stand, as the events say.
    package private(set) var restored: [Label: String] = [:]
    /// Their own UUIDs.
    package private(set) var restoredUUIDs: [Label: String] = [:]
    /// The UUIDs that received snapshots had where they were taken: known also for imported artifacts.
    package private(set) var receivedUUIDs: [Label: String] = [:]
    /// The manifest that was imported, where one was.
    package private(set) var importedManifest: ManifestImport.Source?
    /// The parts of an import that is not complete yet.
    private var pendingImport: [ManifestImport.Part] = []
    package private(set) var worktree: Label?
    /// What was registered once and is no more, in the order of its withdrawal.
    package private(set) var withdrawals: [Withdrawal] = []
    /// The last record that a reviewer has signed.
    package private(set) var reviewedUpTo = 0
    /// The journal that this one succeeds, where it does.
    package private(set) var succession: Succession?

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
    package func startsFromParent(_ name: ArtifactName, _ stream: BackupEvent.Stream) -> Bool {
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

/// The state after one more record.
package func evolve(_ state: inout BackupState, _ record: Record) throws(ProjectionRefusal) {
    try state.apply(try BackupEvent(record), of: record)
}

extension BackupState {
    fileprivate mutating func apply(_ event: BackupEvent, of record: Record) throws(ProjectionRefusal) {
        func require(_ label: Label, _ sha256: String) throws(ProjectionRefusal) {
            guard let entry = entries[label], entry.artifact.sha256 == sha256 else {
                throw ProjectionRefusal(
                    record: record.seq, message: "\(record.event.type) of \(label), which is not registered like that")
            }
        }
        let isLate = isLate(event)
        switch event {
        case _ where isLate:
            break
        case .snapshotTaken(let snapshot):
            snapshots[snapshot.label] = snapshot
            snapshotsOfAuthors[snapshot.label, default: [:]][record.event.author] = snapshot
        case .artifactSealed(let artifact, let stream):
            sealings[artifact.label, default: []].append(
                Sealing(artifact: artifact, stream: stream, author: record.event.author))
        case .artifactRegistered(let artifact, let localPath, let catalogue):
            guard entries[artifact.label] == nil else {
                throw ProjectionRefusal(record: record.seq, message: "\(artifact.label) is registered twice")
            }
            entries[artifact.label] = Entry(
                artifact: artifact, registeredAt: record.ts,
                sealings: sealings(of: artifact.name, sha256: artifact.sha256), catalogue: catalogue,
                localPath: localPath, checkedAt: record.ts, heldIn: record.epoch)
            order.append(artifact.label)
        case .artifactUploaded(let label, let sha256, let objectKey, let store, let catalogueKey):
            try require(label, sha256)
            entries[label]?.catalogueKey = catalogueKey
            entries[label]?.objectKey = objectKey
            entries[label]?.store = store
        case .artifactStored(let label, let sha256, let localPath):
            try require(label, sha256)
            entries[label]?.localPath = localPath
            entries[label]?.checkedAt = record.ts
            entries[label]?.condition = .ok
            entries[label]?.heldIn = record.epoch
            entries[label]?.isOnlyMirrored = false
        case .artifactVerified(let label, let sha256, let result):
            try require(label, sha256)
            entries[label]?.checkedAt = record.ts
            entries[label]?.found(
                Condition(rawValue: result) ?? .damaged, in: record.epoch, rebuiltIn: rebuiltIn)
        case .artifactWithdrawn(let label, let sha256):
            try require(label, sha256)
            withdraw(label, record)
        case .recipientSet(let recipients):
            self.recipients = recipients
        case .snapshotRestored(let label, let path, let uuid, let receivedUUID):
            // What a workstation has restored stands on the workstation.
            guard record.event.author == record.kid else { break }
            restored[label] = path
            restoredUUIDs[label] = uuid
            receivedUUIDs[label] = receivedUUID ?? receivedUUIDs[label]
        case .worktreeUpdated(let label, _):
            worktree = label
        case .manifestImported(let part):
            try take(part, of: record)
        case .reviewSigned(let upTo):
            reviewedUpTo = max(reviewedUpTo, upTo)
        case .journalSucceeds(let succession):
            guard record.seq == Succession.place else {
                throw ProjectionRefusal(
                    record: record.seq, message: "journal.succeeds is not record \(Succession.place)")
            }
            self.succession = succession
        case .told:
            tell(record)
        }
        if record.event.type != "epoch.started",
            !BackupEvent.changesNothing(Array(record.event.type.utf8).span, schema: record.event.schema)
        {
            changedAt = (record.seq, record.hash)
        }
        pass(seq: record.seq, hash: record.hash, ts: record.ts)
    }
}

extension BackupState {
    private mutating func tell(_ record: Record) {
        switch record.event.type {
        case "journal.opened": dataset = record.event.data["dataset"]?.string ?? ""
        case "epoch.started":
            if record.event.data["reason"]?.string == Self.rebuildReason { rebuiltIn = record.epoch }
        default: break
        }
    }

    /// What `epoch.started` gives as its reason where the server was rebuilt from the mirror.
    package static let rebuildReason = "rebuilt from the mirror"
}

extension BackupState.Entry {
    fileprivate mutating func found(_ condition: BackupState.Condition, in epoch: Int, rebuiltIn: Int) {
        self.condition = condition
        isOnlyMirrored = condition == .missing && objectKey != nil && heldIn < rebuiltIn
        if condition != .missing { heldIn = epoch }
    }
}

extension BackupState {
    /// Forgets all that the label stood for: it is as if its month had not come yet.
    fileprivate mutating func withdraw(_ label: Label, _ record: Record) {
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
    fileprivate mutating func take(_ part: ManifestImport.Part, of record: Record) throws(ProjectionRefusal) {
        let before = part.number == 1 ? [] : pendingImport
        guard part.number == before.count + 1,
            before.allSatisfy({ $0.source == part.source && $0.count == part.count })
        else {
            throw ProjectionRefusal(record: record.seq, message: "manifest.imported is not the part that is due")
        }
        pendingImport = before + [part]
        guard part.number == part.count else { return }
        let rows = pendingImport.flatMap(\.rows)
        var labels = Set(entries.keys)
        if let twice = rows.first(where: { !labels.insert($0.name.label).inserted }) {
            throw ProjectionRefusal(record: record.seq, message: "\(twice.name.label) is registered twice")
        }
        for row in rows {
            let label = row.name.label
            entries[label] = Entry(
                artifact: BackupEvent.Artifact(name: row.name, bytes: row.bytes, sha256: row.sha256, reason: nil),
                registeredAt: row.ts ?? record.ts, sealings: [], catalogue: nil, localPath: row.localPath,
                objectKey: row.objectKey, checkedAt: record.ts, heldIn: record.epoch)
            order.append(label)
        }
        importedManifest = part.source
        pendingImport = []
    }
}

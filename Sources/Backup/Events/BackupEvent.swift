package import JournalFormat

/// An event of schema 1 that projections read, with the members that they need.
///
/// Members that are not named here are kept in the journal and ignored, so later versions may add some.
package enum BackupEvent: Sendable, Equatable {
    package struct Snapshot: Sendable, Equatable {
        package let label: Label
        package let uuid: String
        package let path: String

        package init(label: Label, uuid: String, path: String) {
            self.label = label
            self.uuid = uuid
            self.path = path
        }
    }

    package struct Artifact: Sendable, Equatable {
        package let name: ArtifactName
        package let bytes: Int
        package let sha256: String
        package let reason: JSONObject?

        package init(name: ArtifactName, bytes: Int, sha256: String, reason: JSONObject?) {
            self.name = name
            self.bytes = bytes
            self.sha256 = sha256
            self.reason = reason
        }

        package var label: Label { name.label }
    }

    package struct Stream: Sendable, Equatable {
        package let uuid: String
        package let parentUUID: String?
        /// Bytes of the send stream.
        package let bytes: Int
        /// The hash of the snapshot's tree, where it was computed.
        package let tree: String?
        /// What its frames are; nil for an artifact that none were recorded of.
        package let frames: Frames?
        package let catalogue: Catalogue?

        package init(
            uuid: String, parentUUID: String?, bytes: Int, tree: String? = nil, frames: Frames? = nil,
            catalogue: Catalogue? = nil
        ) {
            self.uuid = uuid
            self.parentUUID = parentUUID
            self.bytes = bytes
            self.tree = tree
            self.frames = frames
            self.catalogue = catalogue
        }
    }

    /// The frames that a stream was cut into.
    package struct Frames: Sendable, Equatable {
        /// Bytes of the stream in each but the last.
        package let size: Int
        package let count: Int
        /// Of the list of their hashes, a line each.
        package let sha256: String

        package init(size: Int, count: Int, sha256: String) {
            self.size = size
            self.count = count
            self.sha256 = sha256
        }

        var json: JSONObject {
            ["size": .integer(size), "count": .integer(count), "sha256": .string(sha256)]
        }
    }

    /// The catalogue that was sealed with an artifact: as it is stored, and its plain text.
    package struct Catalogue: Sendable, Equatable {
        package let bytes: Int
        package let sha256: String
        package let plainBytes: Int
        package let plainSHA256: String

        package init(bytes: Int, sha256: String, plainBytes: Int, plainSHA256: String) {
            self.bytes = bytes
            self.sha256 = sha256
            self.plainBytes = plainBytes
            self.plainSHA256 = plainSHA256
        }

        var json: JSONObject {
            [
                "bytes": .integer(bytes), "sha256": .string(sha256), "plain_bytes": .integer(plainBytes),
                "plain_sha256": .string(plainSHA256),
            ]
        }
    }

    /// The catalogue as the server has it.
    package struct StoredCatalogue: Sendable, Equatable {
        package let bytes: Int
        package let sha256: String
        package let localPath: String
    }

    case snapshotTaken(Snapshot)
    case artifactSealed(Artifact, Stream)
    case artifactRegistered(Artifact, localPath: String, StoredCatalogue?)
    case artifactUploaded(Label, sha256: String, objectKey: String, store: String, catalogueKey: String?)
    case artifactStored(Label, sha256: String, localPath: String)
    case artifactVerified(Label, sha256: String, result: String)
    case artifactWithdrawn(Label, sha256: String)
    case recipientSet([String])
    /// `uuid`: that of what was received; `receivedUUID`: the one that the snapshot had where it was taken.
    case snapshotRestored(Label, path: String, uuid: String? = nil, receivedUUID: String? = nil)
    case worktreeUpdated(Label, path: String)
    case manifestImported(ManifestImport.Part)
    case reviewSigned(upTo: Int)
    case journalSucceeds(Succession)
    /// Types that tell a story and change no projection but the timeline.
    case told
}

extension BackupEvent {
    static let storyTypes: Set<String> = [
        "journal.opened", "epoch.started", "root.enrolled", "root.retired", "root.replaced", "key.enrolled",
        "key.retired", "kit.made", "restore.released", "journal.repaired", "drill.completed",
        "witness.accepted", "note",
    ]

    package init(_ record: Record) throws(ProjectionRefusal) {
        let event = record.event
        guard let type = EventType(event.type), type.isKnown, event.schema == 1 || type.isUserDefined else {
            throw ProjectionRefusal(
                record: record.seq,
                message: "this version does not know \(event.type) of schema \(event.schema)")
        }
        let members = EventMembers(record)
        switch event.type {
        case "snapshot.taken":
            self = .snapshotTaken(
                Snapshot(label: try members.label(), uuid: try members.text("uuid"), path: try members.text("path")))
        case "artifact.sealed":
            self = .artifactSealed(
                try members.artifact(),
                Stream(
                    uuid: try members.text("uuid"), parentUUID: members.optional("parent_uuid"),
                    bytes: try members.count("stream_bytes"), tree: members.optional("tree"),
                    frames: try members.frames(), catalogue: try members.catalogue()))
        case "artifact.registered":
            self = .artifactRegistered(
                try members.artifact(), localPath: try members.text("local_path"), try members.storedCatalogue())
        case "artifact.uploaded":
            self = .artifactUploaded(
                try members.label(), sha256: try members.text("sha256"), objectKey: try members.text("object_key"),
                store: try members.text("store"), catalogueKey: members.optional("catalogue_key"))
        case "artifact.stored":
            self = .artifactStored(
                try members.label(), sha256: try members.text("sha256"), localPath: try members.text("local_path"))
        case "artifact.verified":
            self = .artifactVerified(
                try members.label(), sha256: try members.text("sha256"), result: try members.text("result"))
        case "artifact.withdrawn":
            self = .artifactWithdrawn(try members.label(), sha256: try members.text("sha256"))
        case "recipient.set":
            self = .recipientSet(try members.texts("recipients"))
        case "snapshot.restored":
            self = .snapshotRestored(
                try members.label(), path: try members.text("path"), uuid: members.optional("uuid"),
                receivedUUID: members.optional("received_uuid"))
        case "worktree.updated":
            self = .worktreeUpdated(try members.label(), path: try members.text("path"))
        case "manifest.imported":
            guard let part = ManifestImport.Part(event.data) else {
                throw ProjectionRefusal(
                    record: record.seq, message: "manifest.imported has no proper source, part and rows")
            }
            self = .manifestImported(part)
        case "review.signed":
            self = .reviewSigned(upTo: try members.count("up_to"))
        case "journal.succeeds":
            self = .journalSucceeds(try Succession(members))
        default:
            // The types without a case of their own; a core type that is forgotten here must not pass unseen.
            guard Self.storyTypes.contains(event.type) || type.isUserDefined else {
                throw ProjectionRefusal(record: record.seq, message: "no projection reads \(event.type)")
            }
            self = .told
        }
    }
}

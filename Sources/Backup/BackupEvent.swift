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

        package init(uuid: String, parentUUID: String?, bytes: Int, tree: String? = nil) {
            self.uuid = uuid
            self.parentUUID = parentUUID
            self.bytes = bytes
            self.tree = tree
        }
    }

    case snapshotTaken(Snapshot)
    case artifactSealed(Artifact, Stream)
    case artifactRegistered(Artifact, localPath: String)
    case artifactUploaded(Label, sha256: String, objectKey: String, store: String)
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

/// A record whose event a projection cannot read: nothing may be guessed from such a journal.
package struct ProjectionRefusal: Error, Equatable, CustomStringConvertible {
    package let record: Int
    package let message: String

    package var description: String { "record \(record): \(message)" }
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
                    bytes: try members.count("stream_bytes"), tree: members.optional("tree")))
        case "artifact.registered":
            self = .artifactRegistered(try members.artifact(), localPath: try members.text("local_path"))
        case "artifact.uploaded":
            self = .artifactUploaded(
                try members.label(), sha256: try members.text("sha256"), objectKey: try members.text("object_key"),
                store: try members.text("store"))
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

/// Reads the members of one event's data and names the record where one is missing.
struct EventMembers {
    private let record: Record

    init(_ record: Record) {
        self.record = record
    }

    func missing(_ key: String) -> ProjectionRefusal {
        ProjectionRefusal(record: record.seq, message: "\(record.event.type) has no proper \(key)")
    }

    func optional(_ key: String) -> String? { record.event.data[key]?.string }

    func object(_ key: String) -> JSONObject? { record.event.data[key]?.object }

    func isNull(_ key: String) -> Bool { record.event.data[key] == .null }

    func text(_ key: String) throws(ProjectionRefusal) -> String {
        guard let text = optional(key), !text.isEmpty, !text.utf8.contains(where: { $0 < 0x20 }) else {
            throw missing(key)
        }
        return text
    }

    func texts(_ key: String) throws(ProjectionRefusal) -> [String] {
        guard let values = record.event.data[key]?.array, case let texts = values.compactMap(\.string),
            texts.count == values.count
        else { throw missing(key) }
        return texts
    }

    func count(_ key: String) throws(ProjectionRefusal) -> Int {
        guard let number = record.event.data[key]?.integer, number >= 0 else { throw missing(key) }
        return number
    }

    func label() throws(ProjectionRefusal) -> Label {
        guard let label = Label(try text("label")) else { throw missing("label") }
        return label
    }

    func artifact() throws(ProjectionRefusal) -> BackupEvent.Artifact {
        let parent: Label?
        switch record.event.data["parent"] {
        case .null, nil:
            parent = nil
        case let value:
            guard let label = value?.string.flatMap({ Label($0) }) else { throw missing("parent") }
            parent = label
        }
        let label = try label()
        guard let kind = ArtifactKind(type: try text("type"), parent: parent) else { throw missing("type") }
        let name = ArtifactName(label, kind)
        guard try text("name") == name.description else { throw missing("name") }
        return BackupEvent.Artifact(
            name: name, bytes: try count("bytes"), sha256: try text("sha256"),
            reason: record.event.data["reason"]?.object)
    }
}

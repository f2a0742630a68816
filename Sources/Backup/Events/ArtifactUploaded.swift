internal import JournalFormat

/// `artifact.uploaded`: the mirror has the artifact, and its catalogue where it has one.
struct ArtifactUploaded: RegisteredArtifactEvent {
    static let type = CoreEventType.artifactUploaded
    static let maker = EventMaker.command("push")
    static let wording = EventWording {
        [$0.text("label"), $0.size("bytes"), "to", $0.text("store")]
    } ofLabel: { _ in
        "uploaded"
    }

    let label: Label
    let sha256: String
    let objectKey: String
    let store: String
    let catalogueKey: String?

    init(_ members: EventMembers) throws(ProjectionRefusal) {
        label = try members.label()
        sha256 = try members.text("sha256")
        objectKey = try members.text("object_key")
        store = try members.text("store")
        catalogueKey = members.optional("catalogue_key")
    }

    func change(_ state: inout BackupState, in record: Record) throws(ProjectionRefusal) {
        try requireRegistered(in: state, record)
        state.entries[label]?.catalogueKey = catalogueKey
        state.entries[label]?.objectKey = objectKey
        state.entries[label]?.store = store
    }

    static func event(
        _ label: Label, objectKey: String, bytes: Int, sha256: String, store: String, catalogueKey: String?
    ) -> NewEvent {
        var data: JSONObject = [
            "label": .string(label.description), "object_key": .string(objectKey), "bytes": .integer(bytes),
            "sha256": .string(sha256), "store": .string(store),
        ]
        data["catalogue_key"] = catalogueKey.map { .string($0) }
        return event(data)
    }
}

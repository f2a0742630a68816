internal import JournalFormat

/// `artifact.stored`: the artifact was fetched back from the mirror to the server.
struct ArtifactStored: RegisteredArtifactEvent {
    static let type = CoreEventType.artifactStored
    static let maker = EventMaker.command("store")
    static let wording = EventWording {
        [$0.text("label"), $0.size("bytes"), "at", $0.text("local_path")]
    } ofLabel: { _ in
        "fetched back"
    }

    let label: Label
    let sha256: String
    let localPath: String

    init(_ members: EventMembers) throws(ProjectionRefusal) {
        label = try members.label()
        sha256 = try members.text("sha256")
        localPath = try members.text("local_path")
    }

    func change(_ state: inout BackupState, in record: Record) throws(ProjectionRefusal) {
        try requireRegistered(in: state, record)
        state.entries[label]?.localPath = localPath
        state.entries[label]?.found(.ok, in: record, rebuiltIn: state.rebuiltIn)
    }

    static func event(
        _ label: Label, bytes: Int, sha256: String, localPath: String, objectKey: String
    ) -> NewEvent {
        event([
            "label": .string(label.description), "bytes": .integer(bytes), "sha256": .string(sha256),
            "local_path": .string(localPath), "object_key": .string(objectKey),
        ])
    }
}

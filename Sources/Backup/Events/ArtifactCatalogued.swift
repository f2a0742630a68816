internal import JournalFormat

/// `artifact.catalogued`: the server has made a catalogue of an artifact that had none, or whose own was lost.
struct ArtifactCatalogued: RegisteredArtifactEvent {
    static let type = CoreEventType.artifactCatalogued
    static let maker = EventMaker.command("catalogue make")
    static let wording = EventWording {
        [$0.text("label"), $0.event.data["catalogue"]?.object?["bytes"]?.integer.map { Plain.bytes($0) }]
    } ofLabel: { _ in
        "catalogued"
    }

    let label: Label
    let sha256: String
    let made: SignedCatalogue

    init(_ members: EventMembers) throws(ProjectionError) {
        label = try members.label()
        sha256 = try members.text("sha256")
        guard let text = try members.catalogue() else { throw members.missing("catalogue") }
        made = SignedCatalogue(text: text, tree: try members.hash("tree"), frames: try members.frames())
    }

    func change(_ state: inout BackupState, in record: Record) throws(ProjectionError) {
        try requireRegistered(in: state, record)
        state.entries[label]?.laterCatalogue = made
        state.entries[label]?.catalogues.append(
            StoredCatalogue(bytes: made.text.bytes, sha256: made.text.sha256, localPath: label.cataloguePath))
        state.entries[label]?.catalogueKey = nil
    }

    static func event(_ artifact: Artifact, _ made: SignedCatalogue) -> NewEvent {
        var data: JSONObject = [
            "label": .string(artifact.label.description), "sha256": .string(artifact.sha256),
            "tree": .string(made.tree), "catalogue": .object(made.text.json),
        ]
        data["frames"] = (made.frames?.json).map { .object($0) }
        return event(data)
    }
}

internal import JournalFormat

/// `artifact.registered`: the server has the label's artifact, and it is what was sealed. From here on it counts.
struct ArtifactRegistered: ProjectedEvent {
    static let type = CoreEventType.artifactRegistered
    static let maker = EventMaker.command("register")
    static let wording = EventWording(line: line, ofLabel: { _ in "registered" })

    let artifact: Artifact
    let localPath: String
    let catalogue: StoredCatalogue?

    init(_ members: EventMembers) throws(ProjectionError) {
        artifact = try members.artifact()
        localPath = try members.text("local_path")
        catalogue = try members.storedCatalogue()
    }

    func change(_ state: inout BackupState, in record: Record) throws(ProjectionError) {
        try state.register(
            BackupState.Entry(
                artifact: artifact, registeredAt: record.ts,
                sealings: state.sealings(of: artifact.name, sha256: artifact.sha256),
                catalogues: catalogue.map { [$0] } ?? [],
                localPath: localPath, checkedAt: record.ts, heldIn: record.epoch),
            in: record)
    }

    static func event(_ artifact: Artifact, _ catalogue: StoredCatalogue?, because reason: AnchorReason) -> NewEvent {
        var data = artifact.json
        data["local_path"] = .string(artifact.name.localPath)
        data["reason"] = .object(reason.json)
        data["catalogue"] = (catalogue?.json).map { .object($0) }
        return event(data)
    }

    @Sendable static func line(_ words: EventWords) -> [String?] {
        [words.text("label"), words.text("type"), words.size("bytes"), words.rule.map { "(rule: \($0))" }]
    }
}

extension EventMembers {
    fileprivate func storedCatalogue() throws(ProjectionError) -> StoredCatalogue? {
        guard let part = try part("catalogue") else { return nil }
        return StoredCatalogue(
            bytes: try part.count("bytes"), sha256: try part.hash("sha256"), localPath: try part.text("local_path"))
    }
}

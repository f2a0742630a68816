internal import JournalFormat

/// `artifact.verified`: the server's copy was compared with its registered hash.
struct ArtifactVerified: RegisteredArtifactEvent {
    static let type = CoreEventType.artifactVerified
    static let maker = EventMaker.command("scrub")
    static let wording = EventWording {
        [
            $0.text("label"), $0.size("bytes"), "checked:", $0.text("result"),
            $0.size("found_bytes").map { "(\($0) are there)" },
        ]
    } ofLabel: {
        "checked: \($0.said("result"))"
    }

    let label: Label
    let sha256: String
    let result: String

    init(_ members: EventMembers) throws(ProjectionRefusal) {
        label = try members.label()
        sha256 = try members.text("sha256")
        result = try members.text("result")
    }

    func change(_ state: inout BackupState, in record: Record) throws(ProjectionRefusal) {
        try requireRegistered(in: state, record)
        let condition = BackupState.Condition(rawValue: result) ?? .damaged
        state.entries[label]?.found(condition, in: record, rebuiltIn: state.rebuiltIn)
    }

    /// - Parameter found: what is there instead, where something is.
    static func event(
        _ artifact: Artifact, _ condition: BackupState.Condition, found: (sha256: String, bytes: Int)?
    ) -> NewEvent {
        var data: JSONObject = [
            "label": .string(artifact.label.description), "bytes": .integer(artifact.bytes),
            "sha256": .string(artifact.sha256), "result": .string(condition.rawValue),
        ]
        if let found {
            data["found_sha256"] = .string(found.sha256)
            data["found_bytes"] = .integer(found.bytes)
        }
        return event(data)
    }
}

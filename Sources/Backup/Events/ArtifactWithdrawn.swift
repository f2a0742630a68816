internal import JournalFormat

/// `artifact.withdrawn`: a registered artifact counts no more, and neither does anything else that was said of its label.
struct ArtifactWithdrawn: RegisteredArtifactEvent {
    static let type = CoreEventType.artifactWithdrawn
    static let maker = EventMaker.command("withdraw")
    static let wording = EventWording {
        [$0.text("label"), "for:", $0.text("reason")]
    } ofLabel: {
        "withdrawn: \($0.said("reason"))"
    }

    let label: Label
    let sha256: String

    init(_ members: EventMembers) throws(ProjectionRefusal) {
        label = try members.label()
        sha256 = try members.text("sha256")
    }

    func change(_ state: inout BackupState, in record: Record) throws(ProjectionRefusal) {
        try requireRegistered(in: state, record)
        state.withdraw(label, in: record)
    }

    /// - Parameter login: who asked for it on the server.
    static func event(_ artifact: Artifact, because reason: String, login: String?) -> NewEvent {
        var data: JSONObject = [
            "label": .string(artifact.label.description), "sha256": .string(artifact.sha256),
            "reason": .string(reason),
        ]
        data["login"] = login.map { .string($0) }
        return event(data)
    }
}

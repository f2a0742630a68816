internal import JournalFormat

/// `artifact.sealed`: a workstation has made the label's artifact out of its snapshot.
struct ArtifactSealed: ProjectedEvent {
    static let type = CoreEventType.artifactSealed
    static let maker = EventMaker.command("seal")
    static let wording = EventWording(
        line: ArtifactRegistered.line,
        ofLabel: { "sealed as \($0.said("type")) (rule \($0.rule ?? "-")), \($0.size("bytes") ?? "-")" })

    let artifact: Artifact
    let stream: ArtifactStream

    init(_ members: EventMembers) throws(ProjectionError) {
        artifact = try members.artifact()
        stream = ArtifactStream(
            uuid: try members.text("uuid"), parentUUID: members.optional("parent_uuid"),
            bytes: try members.count("stream_bytes"), tree: members.optional("tree"), frames: try members.frames(),
            catalogue: try members.catalogue())
    }

    func change(_ state: inout BackupState, in record: Record) {
        state.sealings[artifact.label, default: []].append(
            BackupState.Sealing(artifact: artifact, stream: stream, author: record.event.author))
    }

    /// - Parameter reason: why it is an anchor or an increment.
    static func event(_ sealing: NewSealing, because reason: AnchorReason) -> NewEvent {
        let stream = sealing.stream
        var data = sealing.artifact.json
        data["uuid"] = .string(stream.uuid)
        data["parent_uuid"] = stream.parentUUID.map { .string($0) } ?? .null
        data["stream_bytes"] = .integer(stream.bytes)
        data["stream_version"] = .integer(sealing.streamVersion)
        data["recipients"] = .array(sealing.recipients.map { .string($0) })
        data["tree"] = stream.tree.map { .string($0) }
        data["frames"] = (stream.frames?.json).map { .object($0) }
        data["catalogue"] = (stream.catalogue?.json).map { .object($0) }
        data["reason"] = .object(reason.json)
        data["tools"] = .object(sealing.tools)
        return event(data)
    }
}

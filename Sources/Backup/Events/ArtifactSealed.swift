internal import JournalFormat

/// `artifact.sealed`: a workstation has made the label's artifact out of its snapshot.
struct ArtifactSealed: ProjectedEvent {
    static let type = CoreEventType.artifactSealed
    static let maker = EventMaker.command("seal")
    static let wording = EventWording(
        line: { ArtifactRegistered.line($0) + [$0.listing] },
        ofLabel: {
            (["sealed as \($0.said("type")) (rule \($0.rule ?? "-"))", $0.size("bytes") ?? "-"]
                + [$0.listing].compactMap(\.self)).joined(separator: ", ")
        })

    let artifact: Artifact
    let stream: ArtifactStream

    init(_ members: EventMembers) throws(ProjectionError) {
        artifact = try members.artifact()
        stream = ArtifactStream(
            uuid: try members.text("uuid"), parentUUID: members.optional("parent_uuid"),
            bytes: try members.count("stream_bytes"), tree: members.optional("tree"), frames: try members.frames(),
            catalogue: try members.catalogue(), listing: try members.listing())
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
        data["listing"] = (stream.listing?.json).map { .object($0) }
        data["reason"] = .object(reason.json)
        data["tools"] = .object(sealing.tools)
        return event(data)
    }
}

extension EventWords {
    /// `listed by change since dev@2026-01`, or that all was read and why.
    fileprivate var listing: String? {
        guard let listing = event.data["listing"]?.object else { return nil }
        var words = "listed whole (\(listing["why"]?.string ?? "-"))"
        if let since = listing["since"]?.string { words = "listed by change since \(since)" }
        guard let count = listing["damaged"]?.object?["count"]?.integer else { return words }
        return "\(words), \(Plain.counted(count, "file")) damaged on the workstation"
    }
}

extension EventMembers {
    fileprivate func listing() throws(ProjectionError) -> ListingOrigin? {
        guard let part = try part("listing") else { return nil }
        let way: ListingOrigin.Way
        if part.data["since"] == nil {
            way = .full(why: try part.text("why"))
        } else {
            guard let since = Label(try part.text("since")) else { throw missing("listing") }
            way = .byChange(since: since)
        }
        let damaged = try part.part("damaged").map { part throws(ProjectionError) in
            ListingOrigin.Damaged(count: try part.count("count"), first: try part.texts("first"))
        }
        return ListingOrigin(way, kernel: try part.text("kernel"), damaged: damaged)
    }
}

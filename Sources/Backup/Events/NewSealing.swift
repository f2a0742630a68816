package import JournalFormat

/// An artifact that was sealed just now, as its event is to say it.
package struct NewSealing: Sendable {
    package let artifact: Artifact
    package let stream: ArtifactStream
    package let streamVersion: Int
    package let recipients: [String]
    package let tools: JSONObject
    /// Whether it is a full one because the workstation lacks the snapshot that an incremental would start from.
    package let lacksParent: Bool
    /// Why it is a full one where an incremental was due, if that is the reason.
    package let unfitIncrement: String?

    package init(
        artifact: Artifact, stream: ArtifactStream, streamVersion: Int, recipients: [String],
        tools: JSONObject, lacksParent: Bool = false, unfitIncrement: String? = nil
    ) {
        self.artifact = artifact
        self.stream = stream
        self.streamVersion = streamVersion
        self.recipients = recipients
        self.tools = tools
        self.lacksParent = lacksParent
        self.unfitIncrement = unfitIncrement.map { AnchorReason.shortened($0) }
    }
}

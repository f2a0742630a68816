internal import Digest
internal import JournalFormat

/// Reads the members of one event's data and names the record where one is missing.
struct EventMembers {
    private let record: Record
    let data: JSONObject

    init(_ record: Record) {
        self.init(record, record.event.data)
    }

    /// - Parameter data: an object among the members.
    private init(_ record: Record, _ data: JSONObject) {
        self.record = record
        self.data = data
    }

    func missing(_ key: String) -> ProjectionError {
        ProjectionError(record: record.seq, message: "\(record.event.type) has no proper \(key)")
    }

    func optional(_ key: String) -> String? { data[key]?.string }

    func object(_ key: String) -> JSONObject? { data[key]?.object }

    func isNull(_ key: String) -> Bool { data[key] == .null }

    func text(_ key: String) throws(ProjectionError) -> String {
        guard let text = optional(key), !text.isEmpty, !text.utf8.contains(where: { $0 < 0x20 }) else {
            throw missing(key)
        }
        return text
    }

    func texts(_ key: String) throws(ProjectionError) -> [String] {
        guard let values = data[key]?.array, case let texts = values.compactMap(\.string),
            texts.count == values.count
        else { throw missing(key) }
        return texts
    }

    func count(_ key: String) throws(ProjectionError) -> Int {
        guard let number = data[key]?.integer, number >= 0 else { throw missing(key) }
        return number
    }

    func label() throws(ProjectionError) -> Label {
        guard let label = Label(try text("label")) else { throw missing("label") }
        return label
    }

    func artifact() throws(ProjectionError) -> Artifact {
        let parent: Label?
        switch data["parent"] {
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
        return Artifact(
            name: name, bytes: try count("bytes"), sha256: try text("sha256"), reason: data["reason"]?.object)
    }

    /// An object among the members; nil where there is none.
    func part(_ key: String) throws(ProjectionError) -> EventMembers? {
        guard let value = data[key], value != .null else { return nil }
        guard let object = value.object else { throw missing(key) }
        return EventMembers(record, object)
    }

    func hash(_ key: String) throws(ProjectionError) -> String {
        guard let text = optional(key), SHA256Digest(hex: text) != nil else { throw missing(key) }
        return text
    }

    // MARK: Parts of artifacts

    /// What a stream was cut into; nil where nobody says it.
    func frames() throws(ProjectionError) -> ArtifactStream.Frames? {
        guard let part = try part("frames") else { return nil }
        return ArtifactStream.Frames(
            size: try part.count("size"), count: try part.count("count"), sha256: try part.hash("sha256"))
    }

    /// A catalogue as it is stored, and its text.
    func catalogue() throws(ProjectionError) -> ArtifactCatalogue? {
        guard let part = try part("catalogue") else { return nil }
        let index = try part.part("index").map { (index) throws(ProjectionError) in
            ArtifactCatalogue.Index(bytes: try index.count("bytes"), sha256: try index.hash("sha256"))
        }
        return ArtifactCatalogue(
            bytes: try part.count("bytes"), sha256: try part.hash("sha256"),
            plainBytes: try part.count("plain_bytes"), plainSHA256: try part.hash("plain_sha256"), index: index)
    }
}

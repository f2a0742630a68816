internal import JournalFormat

/// `manifest.imported`: artifacts from before the journal, in one record or several.
struct ManifestImported: ProjectedEvent {
    static let type = CoreEventType.manifestImported
    static let maker = EventMaker.command("import")
    static let wording = EventWording {
        [Plain.counted($0.count("rows"), "artifact"), "from", source($0)]
    } sentence: {
        "\(Plain.counted($0.count("rows"), "artifact")) came from the manifest \(source($0) ?? "-")"
    }

    let part: ManifestImport.Part

    init(_ members: EventMembers) throws(ProjectionRefusal) {
        guard let part = ManifestImport.Part(members.data) else {
            throw members.missing("source, part and rows")
        }
        self.part = part
    }

    func change(_ state: inout BackupState, in record: Record) throws(ProjectionRefusal) {
        try state.take(part, in: record)
    }

    static func event(_ manifest: ManifestImport) -> [NewEvent] { manifest.parts.map { event($0) } }

    private static func source(_ words: EventWords) -> String? { words.event.data["source"]?.object?["name"]?.string }
}

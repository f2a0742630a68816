internal import JournalFormat

/// `restore.released`: the streams of a label's chain leave the server for a restore on a workstation, or some of its files,
/// or the names of all that is in it.
enum RestoreReleased: CoreEvent {
    static let type = CoreEventType.restoreReleased
    static let maker = EventMaker.command("restore")
    static let wording = EventWording {
        [
            $0.text("label"), "from", $0.texts("chain").joined(separator: " "), $0.text("to").map { "to \($0)" },
            what($0).map { "(\($0))" },
        ]
    } ofLabel: { words in
        what(words).map { "\($0) read, to \(words.said("to"))" } ?? "released for a restore to \(words.said("to"))"
    }

    /// Paths that are named; of more, how many.
    private static let named = 3

    /// Nil where whole streams leave.
    private static func what(_ words: EventWords) -> String? {
        guard words.event.data["paths"] != nil else { return nil }
        let paths = words.texts("paths")
        if paths.isEmpty { return "names alone" }
        let first = paths.prefix(named).joined(separator: ", ")
        return paths.count > named ? "\(first) and \(paths.count - named) more" : first
    }

    /// - Parameter confirmed: who allowed it on the server, and when.
    /// - Parameter paths: where not the whole streams leave but these files of the label; none where its names alone do.
    static func event(
        _ label: Label, chain: [Label], to destination: String, confirmed: String?, paths: [String]? = nil
    ) -> NewEvent {
        var data: JSONObject = [
            "label": .string(label.description), "chain": .array(chain.map { .string($0.description) }),
            "to": .string(destination),
        ]
        data["confirmed"] = confirmed.map { .string($0) }
        data["paths"] = paths.map { .array($0.map { .string($0) }) }
        return event(data)
    }
}

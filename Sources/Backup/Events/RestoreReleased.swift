internal import JournalFormat

/// `restore.released`: the streams of a label's chain leave the server for a restore on a workstation.
enum RestoreReleased: CoreEvent {
    static let type = CoreEventType.restoreReleased
    static let maker = EventMaker.command("restore")
    static let wording = EventWording {
        [$0.text("label"), "from", $0.texts("chain").joined(separator: " "), $0.text("to").map { "to \($0)" }]
    } ofLabel: {
        "released for a restore to \($0.said("to"))"
    }

    /// - Parameter confirmed: who allowed it on the server, and when.
    static func event(_ label: Label, chain: [Label], to destination: String, confirmed: String?) -> NewEvent {
        var data: JSONObject = [
            "label": .string(label.description), "chain": .array(chain.map { .string($0.description) }),
            "to": .string(destination),
        ]
        data["confirmed"] = confirmed.map { .string($0) }
        return event(data)
    }
}

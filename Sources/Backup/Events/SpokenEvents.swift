internal import JournalFormat

/// `witness.accepted`: a workstation gives up records that signed heads had promised it.
enum WitnessAccepted: CoreEvent {
    static let type = CoreEventType.witnessAccepted
    static let maker = EventMaker.command("witness accept")
    static let wording = EventWording {
        [
            "records after \($0.number("base")) were given up, which signed heads had promised:",
            $0.text("reason") ?? "no reason given",
        ]
    } sentence: {
        "\($0.author) accepted that records were lost"
    }

    static func notice(_ words: EventWords) -> AuditNotice? {
        let heads = Plain.counted(words.count("superseded"), "remembered head")
        return AuditNotice(.cutAccepted, "\(words.author) gave up \(heads): records were lost with the server")
    }
}

/// `note`: what a person or a script has to say.
enum Note: CoreEvent {
    static let type = CoreEventType.note
    static let maker = EventMaker.scripts
    static let wording = EventWording {
        [$0.text("text")]
    } sentence: {
        "\($0.author) noted: \($0.said("text"))"
    }
}

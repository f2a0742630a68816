internal import JournalFormat

/// `recipient.set`: whom artifacts are sealed to from now on.
struct RecipientSet: ProjectedEvent {
    static let type = CoreEventType.recipientSet
    static let maker = EventMaker.command("init")
    static let wording = EventWording {
        $0.texts("recipients")
    } sentence: {
        "artifacts are sealed to \(Plain.counted($0.texts("recipients").count, "recipient")) from now on"
    }

    let recipients: [String]

    init(_ members: EventMembers) throws(ProjectionRefusal) {
        recipients = try members.texts("recipients")
    }

    func change(_ state: inout BackupState, in record: Record) {
        state.recipients = recipients
    }

    /// - Parameter reason: where one before is replaced.
    static func event(_ recipients: [String], because reason: String?) -> NewEvent {
        var data: JSONObject = ["recipients": .array(recipients.map { .string($0) })]
        data["reason"] = reason.map { .string($0) }
        return event(data)
    }
}

/// `kit.made`: there is a recovery kit, which no later record has to be in.
enum KitMade: CoreEvent {
    static let type = CoreEventType.kitMade
    static let maker = EventMaker.command("kit make")
    static let wording = EventWording {
        [$0.size("bytes"), $0.text("sha256").map { "sha256 \($0.prefix(12))…" }]
    } sentence: { _ in
        "a recovery kit was made"
    }

    static func event(sha256: String, bytes: Int, workFactor: Int) -> NewEvent {
        event(["sha256": .string(sha256), "bytes": .integer(bytes), "work_factor": .integer(workFactor)])
    }
}

/// `journal.repaired`: a torn tail was taken away and kept, or a segment written again.
enum JournalRepaired: CoreEvent {
    static let type = CoreEventType.journalRepaired
    static let maker = EventMaker.command("repair")
    static let wording = EventWording {
        ["\(Plain.counted($0.number("bytes"), "byte")) kept as", $0.text("kept")]
    } sentence: {
        "the journal was repaired: \($0.said("why"))"
    }

    static func notice(_ words: EventWords) -> AuditNotice? {
        AuditNotice(
            .journalRepaired,
            "the journal was repaired: \(words.said("why")); \(Plain.bytes(words.number("bytes"))) kept as "
                + words.said("kept"))
    }
}

/// `drill.completed`: a restore was tried and compared.
enum DrillCompleted: CoreEvent {
    static let type = CoreEventType.drillCompleted
    static let maker = EventMaker.nobodyYet
    static let wording = EventWording {
        ["restore drill", $0.text("label"), $0.text("method").map { "(\($0))" }]
    } sentence: { _ in
        "a restore drill was completed"
    }
}

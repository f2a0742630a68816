internal import JournalFormat

/// `journal.opened`: record 1. Its keys are the verifier's (`KeyEvent`), the data set's name is the projections'.
struct JournalOpened: ProjectedEvent {
    static let type = CoreEventType.journalOpened
    static let maker = EventMaker.command("init")
    static let wording = EventWording {
        ["data set", $0.text("dataset")]
    } sentence: {
        "the journal of \($0.said("dataset")) was opened"
    }

    let dataset: String

    init(_ members: EventMembers) {
        dataset = members.optional("dataset") ?? ""
    }

    func change(_ state: inout BackupState, in record: Record) {
        state.dataset = dataset
    }
}

/// `epoch.started`: the server was rebuilt, or its key replaced.
struct EpochStarted: ProjectedEvent {
    static let type = CoreEventType.epochStarted
    static let maker = EventMaker.command("rebuild --from-mirror")
    static let isShown = false
    static let wording = EventWording {
        [
            "epoch \($0.number("epoch"))", "after record \($0.number("base_size")):", $0.text("reason"),
            $0.keyID("sequencer", .sequencer).map { "(sequencer \($0))" },
        ]
    } sentence: {
        "epoch \($0.number("epoch")) began: \($0.said("reason"))"
    }

    static func notice(_ words: EventWords) -> AuditNotice? {
        AuditNotice(
            .epochStarted, "epoch \(words.epoch ?? words.number("epoch")) was started: \(words.said("reason"))")
    }

    let reason: String?

    init(_ members: EventMembers) {
        reason = members.optional("reason")
    }

    func change(_ state: inout BackupState, in record: Record) {
        if reason == BackupState.rebuildReason { state.rebuiltIn = record.epoch }
    }
}

enum RootEnrolled: CoreEvent {
    static let type = CoreEventType.rootEnrolled
    static let maker = EventMaker.nobodyYet
    static let wording = EventWording {
        ["root", $0.keyID("key", .root)]
    } sentence: { _ in
        "another root key was enrolled"
    }

    static func notice(_ words: EventWords) -> AuditNotice? {
        AuditNotice(.keyEnrolled, subject: "root", "another root key was enrolled")
    }
}

enum RootRetired: CoreEvent {
    static let type = CoreEventType.rootRetired
    static let maker = EventMaker.nobodyYet
    static let wording = KeyRetired.wording

    static func notice(_ words: EventWords) -> AuditNotice? { KeyRetired.notice(words) }
}

enum RootReplaced: CoreEvent {
    static let type = CoreEventType.rootReplaced
    static let maker = EventMaker.command("key replace-root")
    static let wording = EventWording { words in
        [
            "root", words.keyID("key", .root), "in the place of all others:", words.text("reason"),
            "(endorsed by \(endorsers(words).map(\.description).joined(separator: ", ")))",
        ]
    } sentence: { words in
        let names = Plain.list(endorsers(words).map { words.names[$0] })
        return "the root was replaced, endorsed by \(names): \(words.said("reason"))"
    }

    static func notice(_ words: EventWords) -> AuditNotice? {
        let names = endorsers(words).map { "\(words.names[$0]) (\($0))" }
        return AuditNotice(
            .rootReplaced, subject: "root",
            "the root was replaced without its own consent: \(words.said("reason")); endorsed by \(Plain.list(names))")
    }

    private static func endorsers(_ words: EventWords) -> [KeyID] { RootEndorsement.authors(words.event.data) }
}

enum KeyEnrolled: CoreEvent {
    static let type = CoreEventType.keyEnrolled
    static let maker = EventMaker.command("key enrol")
    static let wording = EventWording {
        [$0.text("role"), $0.text("name"), $0.keyID("key", .author)]
    } sentence: {
        "the key of \($0.said("name")) was enrolled"
    }

    static func notice(_ words: EventWords) -> AuditNotice? {
        let name = words.said("name")
        return AuditNotice(.keyEnrolled, subject: name, "the key of \(name) was enrolled as \(words.said("role"))")
    }
}

enum KeyRetired: CoreEvent {
    static let type = CoreEventType.keyRetired
    static let maker = EventMaker.command("key retire")
    static let wording = EventWording {
        [$0.text("kid"), $0.text("reason")]
    } sentence: {
        "the key of \($0.name(ofKey: "kid") ?? "-") was retired"
    }

    static func notice(_ words: EventWords) -> AuditNotice? {
        let id = words.said("kid")
        return AuditNotice(
            .keyRetired, subject: id,
            "the key of \(words.name(ofKey: "kid") ?? id) was retired: \(words.said("reason"))")
    }
}

internal import Digest
internal import JournalFormat

/// `review.signed`: a person has read everything up to a record, and knows what an audit found in it.
struct ReviewSigned: ProjectedEvent {
    static let type = CoreEventType.reviewSigned
    static let maker = EventMaker.command("audit sign")
    static let wording = EventWording {
        [$0.text("reviewer"), "up to record", String($0.number("up_to"))]
    } sentence: {
        "\($0.said("reviewer")) has read everything up to record \($0.number("up_to"))"
    }

    let upTo: Int

    init(_ members: EventMembers) throws(ProjectionRefusal) {
        upTo = try members.count("up_to")
    }

    func change(_ state: inout BackupState, in record: Record) {
        state.reviewedUpTo = max(state.reviewedUpTo, upTo)
    }

    static func event(_ review: Review) -> NewEvent {
        event([
            "up_to": .integer(review.upTo), "head": .string(review.head.hex), "reviewer": .string(review.reviewer),
            "findings": .array(review.findings.map { .object($0.json) }),
        ])
    }
}

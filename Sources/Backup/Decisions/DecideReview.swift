internal import JournalFormat

/// Leaves room for the envelope in a line of 65,535 bytes.
private let longestReview = 64_000

func decideReview(_ review: Review, _ state: BackupState) throws(Refused) -> [NewEvent] {
    guard !review.reviewer.isEmpty, !review.reviewer.utf8.contains(where: { $0 < 0x20 }) else {
        throw Refused("a reviewer's name is one line of text, and not empty")
    }
    guard review.upTo >= 1, review.upTo <= state.seq else {
        throw Refused("there is no record \(review.upTo); the journal has \(state.seq)", .notFound)
    }
    guard review.upTo > state.reviewedUpTo else {
        throw Refused("everything up to record \(state.reviewedUpTo) is signed already")
    }
    let event = ReviewSigned.event(review)
    guard JSONValue.object(event.data).bytes.count <= longestReview else {
        throw Refused(
            "\(review.findings.count) findings are too many for one record",
            hint: "sign in steps, with a smaller --up-to")
    }
    return [event]
}

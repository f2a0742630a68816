package import Backup
package import JournalFormat
package import Machines
package import SystemPackage

/// Why a workstation is not served.
package enum ServingError: OperationError {
    case notAKey(String)
    case noRequest
    case notEnrolled(KeyID)
    case tooMany(_ most: Int)
    case sessionNotBegun(_ why: String)
    case clientGone
    case answerNotTaken(_ why: String)
    case deliveryTooLong
    case deliveryNotArrived
    case inputUnreadable(_ why: String)
    case notADelivery(_ why: String)
    case otherJournal(EventID)
    case notAnnounced(ArtifactName)
    case notAFile(FilePath)
    case quota(artifacts: Int, again: Timestamp)
    case catalogueTooLarge(bytes: Int)
    case catalogueStopped
    case notASettlement
    case notAReading
    case catalogueOfOther(ArtifactName, bytes: Int)
    case transferNotStarted(_ why: String)
}

extension ServingError {
    package var description: String {
        switch self {
        case .notAKey(let text): "\(text) is not a key's id"
        case .noRequest: "nobody logs in here"
        case .notEnrolled(let key): "the workstation's key \(key) is not enrolled"
        case .tooMany(let most): "\(most) requests of this key are being answered"
        case .sessionNotBegun(let why): why
        case .clientGone: "the process that asked for this is gone: it is not finished"
        case .answerNotTaken(let why): "the answer was not taken: \(why)"
        case .deliveryTooLong: "the delivery is too long"
        case .deliveryNotArrived: "the delivery did not arrive: nothing was heard for too long"
        case .inputUnreadable(let why): why
        case .notADelivery(let why): "this is not a delivery: \(why)"
        case .otherJournal(let log): "the delivery is for journal \(log), not for this one"
        case .notAnnounced(let name): "no record says that \(name) was sealed"
        case .notAFile(let path): "\(path) is not a file"
        case .quota(let artifacts, _):
            "\(Plain.counted(artifacts, "artifact")) registered within a day is as many as may be "
                + "(AUTHOR_ARTIFACTS_PER_DAY)"
        case .catalogueTooLarge(let bytes): "a catalogue of \(Plain.bytes(bytes)) is longer than any can be"
        case .catalogueStopped: "the catalogue stopped coming"
        case .notASettlement: "this is not the end of a handover"
        case .notAReading: "this does not say what is to be read"
        case .catalogueOfOther(let name, let bytes): "a catalogue of \(Plain.bytes(bytes)) is none of \(name)"
        case .transferNotStarted(let why): why
        }
    }

    package var hint: String? {
        switch self {
        case .noRequest: "the requests that are served: devjournal help serve ssh"
        case .notEnrolled: "on the server: devjournal key list"
        case .tooMany: "try again when one has ended"
        case .answerNotTaken, .deliveryNotArrived: "what was recorded stays; the next delivery finds it"
        case .notADelivery: "devjournal deliver makes one"
        case .notAnnounced: "devjournal deliver, then again"
        case .notAFile: "remove it on the server"
        case .quota(_, let again): "it keeps: run it again from \(again) on"
        case .catalogueStopped: "run it again"
        case .notASettlement: "devjournal month end makes one"
        case .notAReading: "devjournal cat and devjournal extract ask for it"
        case .catalogueOfOther: nil
        case .notAKey, .sessionNotBegun, .clientGone, .deliveryTooLong, .inputUnreadable, .otherJournal,
            .catalogueTooLarge, .transferNotStarted:
            nil
        }
    }

    package var kind: FailureKind {
        switch self {
        case .notAKey: .usage
        case .sessionNotBegun, .clientGone, .answerNotTaken, .deliveryNotArrived, .transferNotStarted: .failed
        case .quota, .catalogueStopped, .tooMany: .incomplete
        case .notASettlement, .notAReading, .catalogueOfOther: .refused
        case .noRequest, .notEnrolled, .deliveryTooLong, .inputUnreadable, .notADelivery, .otherJournal,
            .notAnnounced, .notAFile, .catalogueTooLarge:
            .refused
        }
    }
}

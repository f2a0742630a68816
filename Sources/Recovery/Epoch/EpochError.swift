import Backup
package import JournalFormat
package import Machines
import SystemPackage

/// Why no new epoch began: its claim, the root that is to start it, and those who have to agree.
package enum EpochError: OperationError {
    case claimUnknown(_ why: String)
    case unfitReason
    case journalEmpty
    /// The endorsements are for another root than the kit's.
    case otherRootEndorsed(KeyID)
    case nobodyToEndorse
    case kitRetired
    case notAnEndorsement
    case endorsementsDiffer
    case endorsementOfOtherJournal
    case endorsedBefore(size: Int, now: Int)
    case mayNotEndorse(KeyID)
    case notEndorsed(by: String, KeyID)
    case endorsementNotSigned(by: String)
}

extension EpochError {
    /// What an event's `reason` may be.
    package static func requireFit(reason: String) throws(EpochError) {
        guard RootReplacement.reasonLengths.contains(reason.utf8.count) else { throw .unfitReason }
    }

    package var description: String {
        switch self {
        case .claimUnknown(let why): "it is not known whether the new epoch was claimed: \(why)"
        case .unfitReason: "a reason is 1 to 1000 bytes of text"
        case .journalEmpty: "the journal is empty"
        case .otherRootEndorsed(let root): "the endorsed root, \(root), is not this kit's"
        case .nobodyToEndorse: "no workstation is enrolled that could endorse a new root"
        case .kitRetired: "the kit's root key was retired"
        case .notAnEndorsement: "this is not an endorsement"
        case .endorsementsDiffer: "the endorsements are not for the same line of key replace-root"
        case .endorsementOfOtherJournal: "the endorsement is for another journal"
        case .endorsedBefore(let size, let now):
            "the endorsement was made for the journal of \(Plain.counted(size, "record")); it now has \(now)"
        case .mayNotEndorse(let key): "\(key) is not a workstation's key that may endorse"
        case .notEndorsed(let name, let key): "\(name) (\(key)) has not endorsed the new root"
        case .endorsementNotSigned(let name): "the endorsement is not signed by the key of \(name)"
        }
    }

    package var hint: String? {
        switch self {
        case .claimUnknown: "nothing can be appended until the same command, run again, has finished"
        case .nobodyToEndorse: "enrol one, on any machine: devjournal key new, devjournal key enrol"
        case .kitRetired: "name a new file: this kit stays as it is"
        case .notAnEndorsement: "devjournal key endorse prints one"
        case .endorsedBefore: "begin again: devjournal key replace-root --reason, with the same kit"
        case .notEndorsed:
            "every enrolled workstation has to; retire a lost one first: devjournal key retire"
        case .unfitReason, .journalEmpty, .otherRootEndorsed, .endorsementsDiffer, .endorsementOfOtherJournal,
            .mayNotEndorse, .endorsementNotSigned:
            nil
        }
    }

    package var kind: FailureKind {
        switch self {
        case .claimUnknown: .mirror
        case .unfitReason, .notAnEndorsement: .usage
        case .journalEmpty: .damaged
        case .otherRootEndorsed, .nobodyToEndorse, .kitRetired, .endorsementsDiffer, .endorsementOfOtherJournal,
            .endorsedBefore, .mayNotEndorse, .notEndorsed, .endorsementNotSigned:
            .refused
        }
    }
}

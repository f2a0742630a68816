package import Machines
package import SystemPackage

/// Why a recovery kit was not made, opened or taken for this journal's.
package enum KitError: OperationError {
    case fileThere(FilePath)
    /// The file belongs to another journal than this server's.
    case fileOfOtherJournal(FilePath)
    case otherJournal
    case rootUnknown
    case rootRetired(by: Int)
    case ageKeyMissing
    /// One of several, or one that was written before an interruption.
    case notOpened(FilePath, _ why: String, hint: String?)
    case journalEmpty
}

extension KitError {
    package var description: String {
        switch self {
        case .fileThere(let path): "\(path) is there already"
        case .fileOfOtherJournal(let path): "\(path) is the kit of another journal"
        case .otherJournal: "the kit belongs to another journal"
        case .rootUnknown: "the journal does not know the kit's root key"
        case .rootRetired(let seq): "the kit's root key was retired by record \(seq)"
        case .ageKeyMissing: "the kit lacks this server's age key"
        case .notOpened(let path, let why, _): "\(path): \(why)"
        case .journalEmpty: "the journal is empty"
        }
    }

    package var hint: String? {
        switch self {
        case .fileThere: "name a new file"
        case .fileOfOtherJournal: "name a new file there"
        case .rootUnknown: "one that devjournal key replace-root made counts when that is finished"
        case .rootRetired: "use the kit that was made then"
        case .ageKeyMissing: "devjournal kit make --from KIT NEW makes one that has it, from this kit too"
        case .notOpened(_, _, let hint): hint
        case .otherJournal, .journalEmpty: nil
        }
    }

    package var kind: FailureKind {
        switch self {
        case .fileThere, .fileOfOtherJournal, .otherJournal, .rootUnknown, .rootRetired, .ageKeyMissing: .refused
        case .notOpened: .wrongKey
        case .journalEmpty: .damaged
        }
    }
}

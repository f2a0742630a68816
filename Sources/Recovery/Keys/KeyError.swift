package import JournalFormat
package import Machines

/// Why a key was not enrolled, retired or trusted.
package enum KeyError: OperationError {
    case notARequest
    case unfitName
    case requestOfOtherJournal
    case wasRetired
    case notProven
    case isSequencer(KeyID)
    case isRoot(KeyID)
    case ambiguous(_ name: String, count: Int)
    case noneCalled(_ name: String)
    case unknown(KeyID)
    case notAnAuthor(KeyID)
}

extension KeyError {
    package var description: String {
        switch self {
        case .notARequest: "this is not an enrolment request"
        case .unfitName: "a key's name is 1 to 32 printable characters without spaces"
        case .requestOfOtherJournal: "the request is for another journal"
        case .wasRetired: "that key was retired"
        case .notProven: "the request is not signed by the key it names"
        case .isSequencer(let id): "\(id) is a sequencer's key"
        case .isRoot(let id): "\(id) is a root"
        case .ambiguous(let name, let count): "\(count) active keys are called \(name)"
        case .noneCalled(let name): "no workstation's key is called \(name)"
        case .unknown(let id): "the journal knows no key \(id)"
        case .notAnAuthor(let id): "\(id) is not a workstation's key"
        }
    }

    package var hint: String? {
        switch self {
        case .notARequest: "devjournal key new prints one"
        case .isSequencer: "a new epoch retires it: devjournal key rotate"
        case .isRoot: "a new one retires it: devjournal key new-root"
        case .ambiguous: "name one by its id: devjournal key list"
        case .noneCalled: "devjournal key list"
        case .unknown: "devjournal replica trust lists them"
        case .unfitName, .requestOfOtherJournal, .wasRetired, .notProven, .notAnAuthor: nil
        }
    }

    package var kind: FailureKind {
        switch self {
        case .notARequest, .unfitName: .usage
        case .noneCalled, .unknown: .notFound
        case .requestOfOtherJournal, .wasRetired, .notProven, .isSequencer, .isRoot, .ambiguous, .notAnAuthor: .refused
        }
    }
}

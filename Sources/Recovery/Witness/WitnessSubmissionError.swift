import Backup
package import JournalFormat
package import Machines

/// Why a witness has not cosigned. What it said is never repeated: it may be anything.
package enum WitnessSubmissionError: OperationError, Equatable {
    case noURL(String)
    case noKey(String)
    /// No witness of the policy says where it takes checkpoints.
    case noWitness(String)
    case outOfReach(_ url: String, _ why: String)
    /// It does not know the journal's name.
    case unknownLog(_ url: String)
    /// It knows the journal, and not the sequencer's key.
    case unknownKey(_ url: String)
    /// It says that it has cosigned more records than there are: then some were lost here.
    case rolledBack(_ url: String, cosigned: Int, size: Int)
    /// It has cosigned another root, or finds that this journal does not continue what it has cosigned.
    case forked(_ url: String, cosigned: Int)
    case strange(_ url: String, status: Int)
    /// An answer without a cosignature by the key that was named.
    case notCosigned(_ url: String, VerifierKey)
    /// Others wrote checkpoints all the time.
    case overtaken(_ url: String)
}

extension WitnessSubmissionError {
    package var description: String {
        switch self {
        case .noURL(let text): "'\(text)' is not a witness's URL"
        case .noKey(let text): "'\(text)' is not a witness's verifier key"
        case .noWitness(let path): "no witness in \(path) has a URL"
        case .outOfReach(let url, let why): "the witness \(url) gave no answer: \(why)"
        case .unknownLog(let url): "the witness \(url) does not know this journal"
        case .unknownKey(let url): "the witness \(url) does not know the key that signs this journal's checkpoints"
        case .rolledBack(let url, let cosigned, let size):
            "the witness \(url) says that it has cosigned \(Plain.counted(cosigned, "record")), and the journal has \(size)"
        case .forked(let url, let cosigned):
            "the witness \(url) says that it has cosigned \(Plain.counted(cosigned, "record")) of another history than this journal"
        case .strange(let url, let status): "the witness \(url) answered with HTTP status \(status)"
        case .notCosigned(let url, let key): "the witness \(url) answered without a cosignature by \(key.name)"
        case .overtaken(let url): "the witness \(url) was given newer checkpoints each time"
        }
    }

    package var hint: String? {
        switch self {
        case .noURL: "it begins with https:// or http://, and add-checkpoint is below it"
        case .noKey: "its operator publishes it: NAME+HASH+KEY, of the kind for cosignatures"
        case .noWitness: "write it after the witness's key"
        case .outOfReach, .overtaken, .strange: "nothing is lost: run it again"
        case .unknownLog, .unknownKey: "give the witness's operator what devjournal checkpoint --vkey prints"
        case .rolledBack, .forked:
            "keep this journal as it is; devjournal verify --head, with a head that another machine remembers, says what differs"
        case .notCosigned: "compare its verifier key with what its operator publishes"
        }
    }

    package var kind: FailureKind {
        switch self {
        case .noURL, .noKey, .noWitness: .usage
        case .outOfReach, .strange, .notCosigned, .overtaken: .failed
        case .unknownLog, .unknownKey: .refused
        case .rolledBack, .forked: .damaged
        }
    }
}

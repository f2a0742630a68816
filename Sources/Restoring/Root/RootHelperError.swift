package import Machines

/// The program that does root's part of a restore was not run, or has not answered; or it was called wrongly.
package enum RootHelperError: OperationError {
    case sudoNotStarted
    case notAllowed
    case killed(_ verb: String)
    case unclear
    case wordCount(_ verb: String, words: String)
    case notALabel(dataset: String)
    case notAVerb
}

extension RootHelperError {
    package static let program = "/usr/local/libexec/devjournal-root"

    package var description: String {
        switch self {
        case .sudoNotStarted: "sudo could not be started"
        case .notAllowed: "\(Self.program) could not be run as root"
        case .killed(let verb): "\(Self.program) \(verb) was killed"
        case .unclear: "\(Self.program) gave no clear answer"
        case .wordCount(let verb, let words): "\(verb) takes \(words)"
        case .notALabel(let dataset): "not a label of \(dataset)"
        case .notAVerb: "not a verb of \(Self.program)"
        }
    }

    package var hint: String? {
        switch self {
        case .sudoNotStarted: "apt-get install sudo, or run it as root"
        case .notAllowed: "init_LS.sh allows it to this user"
        case .killed, .unclear, .wordCount, .notALabel, .notAVerb: nil
        }
    }

    package var kind: FailureKind {
        switch self {
        case .sudoNotStarted, .notAllowed, .killed, .unclear: .failed
        case .wordCount, .notALabel, .notAVerb: .usage
        }
    }
}

import Backup
import JournalFormat
package import SystemPackage

/// Why a delivery was not made, or its answer not taken.
package enum DeliveryError: OperationError {
    case emptyCommand
    case noSuchProgram(String)
    case notStarted(String)
    case answerStopped(_ program: String)
    /// A file that goes along has become shorter meanwhile.
    case fileChanged(FilePath)
    case answerNotRead(_ program: String, _ why: String)
    case noWholeAnswer(_ command: String, _ status: String)
    /// What reaches the server is not known.
    case noServer
    /// ssh did not get through, or the link broke.
    case outOfReach(_ host: String)
    /// It answers, and does not take it now.
    case notNow(_ host: String)
    /// It does not admit this workstation's ssh key.
    case keyNotAdmitted(_ host: String, dataset: String)
    /// The same before the two were paired, when nothing else is to be expected.
    case keyNotAdmittedYet(_ host: String)
    /// Its version gives out no files of months.
    case readsNothing(_ host: String, version: String)
    /// The server's journal does not continue the one that this workstation was paired with.
    case succeedsAnother(_ why: String, note: FilePath)
}

extension DeliveryError {
    package var description: String {
        switch self {
        case .emptyCommand: "the command is empty"
        case .noSuchProgram(let name): "\(name): no such program"
        case .notStarted(let name): "\(name) could not be started"
        case .answerStopped(let name): "\(name): the answer came too slowly for too long, so the exchange was ended"
        case .fileChanged(let path): "\(path) changed while it was being sent"
        case .answerNotRead(let name, let why): "\(name): \(why)"
        case .noWholeAnswer(let command, let status): "\(command) ended with \(status) and no whole answer"
        case .noServer: "what reaches the server is missing"
        case .outOfReach(let host): "\(host) cannot be reached, or the link broke"
        case .notNow(let host): "LS answers at \(host), and does not take it now"
        case .keyNotAdmitted(let host, _), .keyNotAdmittedYet(let host):
            "LS answers at \(host), and does not admit this workstation's key"
        case .readsNothing(let host, let version):
            "LS at \(host) runs devjournal \(version), which gives out whole months alone"
        case .succeedsAnother(let why, _):
            "the server's journal is not the one to continue with: \(why); nothing was delivered"
        }
    }

    package var hint: String? {
        switch self {
        case .noSuchProgram(let name): name == "ssh" ? "apt-get install openssh-client" : nil
        case .answerStopped, .noWholeAnswer, .fileChanged:
            "run it again: what is pending stays pending, and nothing is recorded twice"
        case .noServer: "set LS_HOST in the configuration, or name a command: deliver -- COMMAND"
        case .outOfReach, .notNow: "run it again: nothing is sent twice"
        case .keyNotAdmitted(_, let dataset):
            "on LS: sudo init_LS.sh\(Self.of(dataset)) --pair 'LINE', with the line that sudo init_WS.sh"
                + "\(Self.of(dataset)) prints here"
        case .readsNothing: "install this version there, too; or restore the month: sudo LS_request.sh"
        case .succeedsAnother(_, let note):
            "on the server: devjournal init --succeeds with this workstation's old lines; "
                + "if you want this anyway: rm \(note)"
        case .emptyCommand, .notStarted, .answerNotRead, .keyNotAdmittedYet: nil
        }
    }

    private static func of(_ dataset: String) -> String { dataset == "dev" ? "" : " --dataset \(dataset)" }

    package var kind: FailureKind {
        switch self {
        case .emptyCommand, .noServer: .usage
        case .outOfReach, .notNow: .incomplete
        case .keyNotAdmitted, .readsNothing: .refused
        case .keyNotAdmittedYet: .wrongKey
        case .noSuchProgram, .notStarted, .answerStopped, .fileChanged, .answerNotRead, .noWholeAnswer: .failed
        case .succeedsAnother: .damaged
        }
    }
}

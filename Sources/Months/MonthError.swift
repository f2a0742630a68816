package import Backup
package import Machines
package import SystemPackage

/// Why a month stopped before it was done.
package enum MonthError: OperationError {
    case withdrawn(Label)
    case serverIsHere
    case notAnArtifactsName(FilePath)
    /// The server has not registered them now; they wait here.
    case notTaken([Label])
    case notConfirmed(Label)
}

extension MonthError {
    package var description: String {
        switch self {
        case .withdrawn(let label): "\(label) was withdrawn on LS"
        case .serverIsHere: "LS is this machine: there is nobody to ask"
        case .notAnArtifactsName(let file): "\(file) has no artifact's name"
        case .notTaken(let labels):
            "LS has not taken \(labels.map(\.description).joined(separator: ", ")): the link broke, or it is not time yet; "
                + "it waits here"
        case .notConfirmed(let label): "LS has not confirmed \(label)"
        }
    }

    package var hint: String? {
        switch self {
        case .withdrawn: "run it again: the month is taken and sealed again"
        case .serverIsHere, .notAnArtifactsName: nil
        case .notTaken: "run it again: nothing is sent twice"
        case .notConfirmed: "run it again"
        }
    }

    package var kind: FailureKind {
        switch self {
        case .withdrawn, .notTaken: .incomplete
        case .serverIsHere, .notAnArtifactsName: .usage
        case .notConfirmed: .failed
        }
    }
}

package import Machines

/// A program that changes subvolumes did not do it.
package enum BtrfsError: OperationError {
    case notStarted(_ program: String)
    /// - Parameters:
    ///   - command: with its arguments.
    ///   - said: the last line that it said.
    case failed(_ command: String, said: String)
}

extension BtrfsError {
    package var description: String {
        switch self {
        case .notStarted(let program): "\(program) could not be started"
        case .failed(let command, let said): "\(command) failed: \(said)"
        }
    }

    package var hint: String? {
        if case .notStarted("btrfs") = self { return "apt-get install btrfs-progs" }
        return nil
    }

    package var kind: FailureKind { .failed }
}

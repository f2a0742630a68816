package import DurableFiles
package import SystemPackage
package import Zstd

/// Why there is no artifact. Whatever the reason, nothing is left.
package enum SealError: Error, CustomStringConvertible {
    /// The final name is taken.
    case alreadyThere(FilePath)
    /// Another process makes the same artifact right now.
    case inProgress(FilePath)
    case noRecipient
    case producerNotStarted(command: String, reason: String)
    case producerFailed(command: String, ChildStatus)
    case stream(SendStreamError)
    case otherSnapshot(StreamMismatchError)
    case file(FileFailure)
    case compression(ZstdError)
    /// What a crash left is not the artifact that was recorded.
    case leftoverDiffers(FilePath)
    case cancelled

    package var description: String {
        switch self {
        case .alreadyThere(let path): "\(path) exists already"
        case .inProgress(let path): "another process is making \(path)"
        case .noRecipient: "there is no age recipient to seal to"
        case .producerNotStarted(let command, let reason): "cannot start \(command): \(reason)"
        case .producerFailed(let command, let status): "\(command) failed: \(status)"
        case .stream(let error): error.description
        case .otherSnapshot(let mismatch): mismatch.description
        case .file(let failure): failure.description
        case .compression(let error): error.description
        case .leftoverDiffers(let path): "\(path) is not the artifact that was recorded under its name"
        case .cancelled: "sealing was cancelled"
        }
    }

    /// What a person can do about it.
    package var hint: String? {
        switch self {
        case .file(let failure) where failure.isOutOfSpace: "free some space, then run the same command again"
        case .producerFailed(_, .exited): "its own messages are above"
        case .stream(let error) where error.reason == .tooManyNames: "ws_dev_run_month.sh --full YYYY-MM"
        case .inProgress: "wait for it to end, then run the same command again"
        default: nil
        }
    }

    /// Whether the stream just stopped, as it does when its producer dies.
    var isCutStream: Bool {
        guard case .stream(let error) = self else { return false }
        return error.isCut
    }
}

extension SealError {
    /// Everything that the parts of the pipeline throw, by its kind.
    init(_ error: any Error, at path: FilePath) {
        switch error {
        case let error as SealError: self = error
        case let error as SendStreamError: self = .stream(error)
        case let error as StreamMismatchError: self = .otherSnapshot(error)
        case let error as FileFailure: self = .file(error)
        case let error as ZstdError: self = .compression(error)
        case is TemporaryFile.BusyError: self = .inProgress(path)
        case is CancellationError: self = .cancelled
        default: self = .file(FileFailure("write", path, .ioError))
        }
    }
}

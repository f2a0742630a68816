package import Age
package import Digest
package import DurableFiles
internal import SystemPackage
package import Zstd

/// Why a stored file was not opened. No output file is left.
package enum OpenError: Error, CustomStringConvertible {
    /// The stored file has another length than was recorded.
    case otherLength(expected: UInt64, found: UInt64)
    /// The stored file is not the one that was recorded; nothing of it was decrypted.
    case otherContent(expected: SHA256Digest, found: SHA256Digest)
    /// The stored file was changed after its hash was checked; the end of the stream was held back.
    case changedMeanwhile
    case encryption(AgeError)
    case compression(ZstdError)
    case stream(SendStreamError)
    case otherSnapshot(StreamMismatchError)
    /// More came out than the recorded length of the stream.
    case outputTooLarge(limit: UInt64)
    case file(FileFailure)
    case consumerNotStarted(command: String, reason: String)
    case consumerFailed(command: String, ChildStatus)
    /// Another process writes the same output file right now.
    case inProgress(String)
    case cancelled

    package var description: String {
        switch self {
        case .otherLength(let expected, let found):
            "the stored file has \(found) bytes instead of the \(expected) that were recorded"
        case .otherContent(let expected, let found):
            "the stored file has the SHA-256 \(found) instead of the recorded \(expected)"
        case .changedMeanwhile: "the stored file was changed while it was being opened"
        case .encryption(let error): error.description
        case .compression(let error): error.description
        case .stream(let error): error.description
        case .otherSnapshot(let mismatch): mismatch.description
        case .outputTooLarge(let limit): "the stored file holds more than the \(limit) bytes that were recorded"
        case .file(let failure): failure.description
        case .consumerNotStarted(let command, let reason): "cannot start \(command): \(reason)"
        case .consumerFailed(let command, let status): "\(command) failed: \(status)"
        case .inProgress(let path): "another process is making \(path)"
        case .cancelled: "opening was cancelled"
        }
    }

    /// What a person can do about it.
    package var hint: String? {
        switch self {
        case .otherLength, .otherContent: "fetch the artifact again from another place that holds it"
        case .encryption(.wrongKey): "use the identity of a recipient that the artifact was sealed to"
        case .file(let failure) where failure.isOutOfSpace: "free some space, then run the same command again"
        case .consumerFailed(_, .exited): "its own messages are above"
        default: nil
        }
    }

    /// Everything that the stages throw, by its kind.
    init(_ error: any Error) {
        switch error {
        case let error as OpenError: self = error
        case let error as AgeError: self = .encryption(error)
        case .outputTooLarge(let limit) as ZstdError: self = .outputTooLarge(limit: limit)
        case let error as ZstdError: self = .compression(error)
        case let error as SendStreamError: self = .stream(error)
        case let error as StreamMismatchError: self = .otherSnapshot(error)
        case let error as FileFailure: self = .file(error)
        case is CancellationError: self = .cancelled
        default: self = .file(FileFailure("read", "the stored file", .ioError))
        }
    }
}

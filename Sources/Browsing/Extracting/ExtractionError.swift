import Backup
package import Machines
package import SystemPackage

/// Why nothing, or no more, can be extracted into a directory.
package enum ExtractionError: OperationError {
    /// It cannot be made or used.
    case target(FilePath, Errno)
    /// These stand there already, and are something else; the number of all of them.
    case inTheWay(FilePath, [[UInt8]], count: Int)
    /// Bytes that are needed, and those that are free.
    case noRoom(FilePath, need: Int, free: Int)
    /// The disk is full, or the share of it.
    case full(FilePath, files: Int, of: Int)
    /// The system could not write out what was extracted.
    case notDurable(FilePath, Errno)

    package var description: String {
        switch self {
        case .target(let path, .notDirectory): "\(path) is not a directory"
        case .target(let path, let errno): "cannot use \(path): \(errno.inSentence)"
        case .inTheWay(let path, let first, let count):
            "\(count) of what is to be extracted \(count == 1 ? "is" : "are") something else in \(path) already: "
                + first.map { ShownPath.text($0) }.joined(separator: ", ") + (count > first.count ? ", …" : "")
        case .noRoom(let path, let need, let free):
            "\(Plain.bytes(need)) do not fit into \(path), where \(Plain.bytes(free)) are free: nothing was written"
        case .full(let path, let files, let all):
            "the disk of \(path) is full: \(files) of \(all) files are there, and nothing half of one"
        case .notDurable(let path, let errno):
            "what was extracted into \(path) may be missing after a crash: \(errno.inSentence)"
        }
    }

    package var hint: String? {
        switch self {
        case .target(_, .notDirectory), .target(_, .noSuchFileOrDirectory): "name a directory, or one to be made"
        case .target: nil
        case .inTheWay: "name another directory, or add --overwrite to replace files"
        case .noRoom: "name only the paths that are wanted, or another disk"
        case .notDurable: "look at that disk, then run it again: what is there and sound is kept"
        case .full: "make room and run it again: files that are there already are kept"
        }
    }

    package var kind: FailureKind {
        switch self {
        case .target(_, .noSuchFileOrDirectory): .notFound
        case .target(_, .notDirectory), .inTheWay: .refused
        case .target, .noRoom, .full, .notDurable: .failed
        }
    }
}

package import Machines
package import SystemPackage

/// Why the tree at CODE was not exchanged for another, or a copy that was kept not removed.
package enum WorkingCopyError: OperationError {
    case noDirectory(FilePath)
    /// Root follows no link in a path that its user can change; a person names where it leads.
    case linkInPath(code: FilePath, to: FilePath?)
    case linkAbove(FilePath)
    /// - Parameter instead: what else can be done than to unmount it.
    case mountPoint(code: FilePath, instead: String?)
    case notMade(_ why: String, code: FilePath, snapshots: FilePath)
    case noKeptCopy(_ name: String)
    case notBeside(FilePath, code: FilePath)
    case plainDirectory(FilePath)
}

extension WorkingCopyError {
    package var description: String {
        switch self {
        case .noDirectory(let directory): "there is no directory \(directory) for the working copy"
        case .linkInPath(let code, let target):
            "there is a symbolic link in the path of CODE, \(code), and root does not follow it"
                + (target.map { ": it leads to \($0)" } ?? "")
        case .linkAbove(let directory):
            "root does not follow the symbolic link in \(directory), where the working copy is to be"
        case .mountPoint(let code, _): "\(code) is a mount point, and no other tree can take its place"
        case .notMade(let why, _, _): why
        case .noKeptCopy(let name): "there is no kept copy \(name)"
        case .notBeside(let path, let code): "\(path) is not next to \(code)"
        case .plainDirectory(let path): "\(path) is a plain directory, which its owner can remove"
        }
    }

    package var hint: String? {
        switch self {
        case .noDirectory(let directory): "make it as the user whose code it is: mkdir -p \(directory)"
        case .linkInPath(_, let target):
            target.map { "CODE=\($0) in the configuration" } ?? "name the real path in the configuration"
        case .linkAbove: "name the real path of CODE in the configuration"
        case .mountPoint(let code, let instead):
            instead ?? "umount \(code), and take it out of /etc/fstab; or name a directory inside it as CODE"
        case .notMade(_, let code, let snapshots):
            "\(code) and \(snapshots) must be on one Btrfs file system; or set WORKTREE=off"
        case .noKeptCopy: "devjournal copies lists them"
        case .notBeside: "devjournal copies lists those that are"
        case .plainDirectory(let path): "rm -r \(path)"
        }
    }

    package var kind: FailureKind {
        switch self {
        case .noDirectory, .noKeptCopy, .notBeside: .notFound
        case .linkInPath, .linkAbove, .mountPoint, .plainDirectory: .refused
        case .notMade: .failed
        }
    }
}

import DurableFiles
import Glibc
package import SystemPackage

/// The directory that a pull fetches into: ours alone, because what lies there is restored from.
package enum PullDirectory {
    package static func prepare(_ path: FilePath) throws {
        // Where it is there already, it is looked at like one made by somebody else.
        _ = unsafe mkdir(path.string, 0o700)
        let status = try attempt("look at", path) { try path.stat(followTargetSymlink: false) }
        guard status.type == .directory, status.userID.rawValue == geteuid(),
            status.permissions.isDisjoint(with: [.groupReadWriteExecute, .otherReadWriteExecute])
        else {
            throw FetchError.notOwnDirectory(path)
        }
        for name in ["artifacts/anchors", "artifacts/incr", "catalogues", "journal"] {
            try makeDirectories(path.appending(name), permissions: 0o700)
        }
    }

    package static func empty(_ path: FilePath) throws {
        for name in try namesInDirectory(path) ?? [] { try removeFile(path.appending(name)) }
    }

    /// Removes the fetched journal, and every directory that then holds nothing.
    package static func removeIfEmpty(_ path: FilePath) throws {
        try empty(path.appending("journal"))
        for name in ["journal", "artifacts/anchors", "artifacts/incr", "artifacts", "catalogues", ""] {
            _ = unsafe rmdir(path.pushing(FilePath(name)).string)
        }
    }
}

import CLinux
package import Digest
import DurableFiles
import Glibc
package import JournalFormat
import Machines
import Sealing
package import SystemPackage

/// Artifacts as files of the repository.
package enum ArtifactFile {
    /// Bytes and hash of a file; a symbolic link is none unless `options` allow it.
    package static func hash(
        _ path: FilePath, options: FileDescriptor.OpenOptions = .noFollow, progress: (UInt64) -> Void = { _ in }
    ) throws -> (bytes: Int, sha256: SHA256Digest) {
        // A pipe would be waited for.
        let file = try OpenFile(path, .readOnly, options: options.union(.nonBlocking))
        guard try file.state().isRegular else { throw ArtifactError.notAFile(path) }
        let (bytes, sha256) = try Sealing.hash(file.descriptor, path, progress: progress)
        return (Int(bytes), sha256)
    }

    /// Brings a file whose hash is known to its place, durably: by a rename, or across file systems by a copy that
    /// is checked before the original is removed. What is there under that name must be the same bytes.
    package static func place(_ source: FilePath, at target: FilePath, sha256: SHA256Digest) throws {
        if source == target { return }
        if pathExists(target) {
            guard try hash(target).sha256 == sha256 else {
                throw ArtifactError.otherContent(target)
            }
            try removeFile(source)
            return
        }
        do throws(FileFailure) {
            try renameToNewName(source, target)
        } catch {
            // Another file system.
            guard error.errno == .improperLink else { throw error }
            try copy(source, to: target, sha256: sha256)
            try removeFile(source)
        }
    }

    /// Puts a sound file in the place of a damaged one, which is kept next to it, in one step: at no moment does the
    /// name stand for nothing.
    ///
    /// - Returns: where the damaged one is kept; nil where there was none.
    package static func replaceDamaged(_ target: FilePath, by source: FilePath, at time: Timestamp) throws -> FilePath?
    {
        guard pathExists(target) else {
            try renameToNewName(source, target)
            return nil
        }
        let aside = target.sibling("\(target.lastComponent?.string ?? "").damaged-\(time.nameText)")
        if try attempt("look at", target, { try target.stat(followTargetSymlink: false).type }) == .directory {
            // A directory has one name only.
            try check(unsafe clinux_rename_exchange(source.string, target.string), "exchange", target)
            try renameToNewName(source, aside)
        } else {
            try check(unsafe link(target.string, aside.string), "keep", aside)
            try check(unsafe rename(source.string, target.string), "rename to", target)
        }
        try synchronizeDirectory(target.removingLastComponent())
        return aside
    }

    package static func copy(_ source: FilePath, to target: FilePath, sha256: SHA256Digest) throws {
        let temporary = target.sibling(".\(target.lastComponent?.string ?? "").\(getpid()).storing")
        do {
            try copyFile(source, to: temporary, permissions: [.ownerRead, .groupRead])
            guard try hash(temporary).sha256 == sha256 else {
                throw ArtifactError.changedWhileCopied(source)
            }
            try renameToNewName(temporary, target)
        } catch {
            try? removeFile(temporary)
            throw error
        }
    }
}

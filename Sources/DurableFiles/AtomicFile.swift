internal import CLinux
internal import Glibc
package import SystemPackage

/// Writes a whole file so that its name holds either the old content or the new, also after a crash:
/// temporary file in the same directory, fsync, rename, fsync of the directory. Nothing of ours is for every user of a
/// machine: the owner's group may read it.
package func writeFileAtomically(
    _ path: FilePath, _ bytes: [UInt8], permissions: FilePermissions = [.ownerReadWrite, .groupRead]
) throws(FileFailure) {
    try replaceFile(path, bytes, permissions: permissions)
    try synchronizeDirectory(path.removingLastComponent())
}

/// Writes a whole file that can be made again, so that its name holds either the old content or the new. After a crash
/// that may be the old one: the directory is not made durable.
package func replaceFile(
    _ path: FilePath, _ bytes: [UInt8], permissions: FilePermissions = [.ownerReadWrite, .groupRead]
) throws(FileFailure) {
    UnfinishedFile.removeLeftovers(of: path)
    let unfinished = try UnfinishedFile(for: path, permissions: permissions)
    do {
        try unfinished.file.write(bytes.span)
        try unfinished.file.synchronize()
        try unfinished.rename(to: path)
    } catch {
        unfinished.remove()
        throw error
    }
}

/// Writes a file that must not exist yet, durably, so that its name is free or holds the whole file, also after a
/// crash.
///
/// Where the file system has no rename to a free name only (NFS, some media), what a crash leaves may be cut off.
package func writeNewFile(
    _ path: FilePath, _ bytes: [UInt8], permissions: FilePermissions
) throws(FileFailure) {
    UnfinishedFile.removeLeftovers(of: path)
    let unfinished = try UnfinishedFile(for: path, permissions: permissions)
    do {
        try unfinished.file.write(bytes.span)
        try unfinished.file.synchronize()
        try renameToNewName(unfinished.path, path)
    } catch {
        unfinished.remove()
        guard error.errno == .invalidArgument else { throw error }
        try writeInPlace(path, bytes, permissions: permissions)
    }
}

/// Where writing fails, the name is free again.
private func writeInPlace(
    _ path: FilePath, _ bytes: [UInt8], permissions: FilePermissions
) throws(FileFailure) {
    // Only a file that this call made may be removed: opening also fails for reasons (`EMFILE`) that say nothing
    // about whether the name is taken.
    let file = try OpenFile(
        path, .writeOnly, options: [.create, .exclusiveCreate, .noFollow], permissions: permissions)
    do {
        try finishDurably(file, bytes)
    } catch {
        _ = unsafe unlink(path.string)
        throw error
    }
    try synchronizeDirectory(path.removingLastComponent())
}

private func finishDurably(_ file: consuming OpenFile, _ bytes: [UInt8]) throws(FileFailure) {
    try file.write(bytes.span)
    try file.synchronize()
    try file.close()
}

/// Renames where the new name is free, and makes the new name durable. Fails with `EEXIST` where it is taken.
package func renameToNewName(_ old: FilePath, _ new: FilePath) throws(FileFailure) {
    try check(unsafe clinux_rename_new(old.string, new.string), "rename to", new)
    try synchronizeDirectory(new.removingLastComponent())
}

/// Makes the names in a directory durable.
package func synchronizeDirectory(_ path: FilePath) throws(FileFailure) {
    let directory = try OpenFile(path.isEmpty ? "." : path, .readOnly, options: .directory)
    try directory.synchronize()
    try directory.close()
}

/// `syncfs(2)`: the whole file system that holds `path` is on the disk when this returns.
package func synchronizeFileSystem(holding path: FilePath) throws(FileFailure) {
    let directory = try OpenFile(path, .readOnly)
    try check(clinux_syncfs(directory.descriptor.rawValue), "make durable", path)
    try directory.close()
}

/// A whole regular file, at most `limit` bytes: what this program has put there, or a link to it where that is allowed.
package func readFile(
    _ path: FilePath, limit: Int = 1 << 26, followsLinks: Bool = false
) throws(FileFailure) -> [UInt8] {
    let file = try OpenFile(regular: path, .readOnly, followsLinks: followsLinks)
    let bytes = try file.readToEnd(limit: limit)
    try file.close()
    return bytes
}

/// All of what a person has named to be read, a pipe included (`--head <(ssh ws cat heads)`), at most `limit` bytes.
///
/// - Parameter patience: with a pipe to which nobody writes: ETIMEDOUT then.
package func readInput(
    _ path: FilePath, limit: Int, _ patience: Patience = Patience(silence: 60)
) throws(FileFailure) -> [UInt8] {
    let file = try OpenFile(path, .readOnly, options: .nonBlocking)
    let isRegular = try file.state().isRegular
    let bytes: [UInt8]
    do throws(FileFailure) {
        bytes = try isRegular ? file.readToEnd(limit: limit) : file.readToEnd(limit: limit, patience)
    } catch {
        guard error.errno == .timedOut else { throw error }
        throw FileFailure("read", path, .timedOut, reason: "nothing came out of this pipe for too long")
    }
    try file.close()
    return bytes
}

extension FilePath {
    /// A name next to this one.
    package func sibling(_ name: String) -> FilePath {
        removingLastComponent().appending(name)
    }
}

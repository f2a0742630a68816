package import DurableFiles
internal import Glibc
internal import SystemPackage

/// A file that does nothing but take room on the journal's disk, so that the journal can continue when the disk is
/// full: an append that finds no room for a record gives the file up and tries again. The caller holds the journal's
/// lock.
package struct Ballast: Sendable {
    /// Bytes: room for some thousand records.
    package static let size = 4 << 20

    let path: FilePath

    /// Whether the file is there, and whole.
    package var isThere: Bool { (try? path.stat(followTargetSymlink: false).size) == Int64(Self.size) }

    /// Takes the file away.
    ///
    /// - Returns: false where there was none, so that nothing was won.
    func giveUp() -> Bool {
        guard pathExists(path) else { return false }
        do {
            try removeFile(path)
            // Btrfs gives the room back when this is on the disk.
            try synchronizeFileSystem(holding: path.removingLastComponent())
        } catch {
            return false
        }
        return true
    }

    /// Makes the file where it is missing and the disk has room for twice as much.
    ///
    /// - Returns: whether it is there now.
    package func make() -> Bool {
        if isThere { return true }
        do {
            // Of one that was being made by a process that was killed.
            try removeFile(path)
            guard try FileSystemSpace(holding: path).free >= 2 * Self.size else { return false }
            let file = try OpenFile(
                path, .writeOnly, options: [.create, .exclusiveCreate, .noFollow], permissions: .ownerReadWrite)
            guard posix_fallocate(file.descriptor.rawValue, 0, off_t(Self.size)) == 0 else {
                try removeFile(path)
                return false
            }
        } catch {
            return false
        }
        return isThere
    }
}

extension JournalDirectory {
    package var ballast: Ballast { Ballast(path: path.appending("ballast")) }

    /// Writes something; where the disk is full the ballast is given up, reported, and the write tried once more. Not
    /// so where only the sync of this directory failed: the file has its name by then, and a second sync that succeeds
    /// would say nothing about the first.
    package func withBallast<Result: ~Copyable>(
        _ write: () throws(FileFailure) -> Result
    ) throws(FileFailure) -> Result {
        do {
            return try write()
        } catch {
            guard error.isOutOfSpace, error.path != path, ballast.giveUp() else { throw error }
            whenBallastGoes()
            return try write()
        }
    }
}

internal import Digest
internal import DurableFiles
internal import Synchronization
internal import SystemPackage

/// A store in a directory: an object is a plain file at its key's path, for any tool to look at. The folder
/// `.devjournal-store` belongs to the store: writers lock the folder itself, the empty directory `format-1` marks a
/// store, `tmp` holds objects that are still being written.
///
/// - The store adds no file of its own: every file below its root is an object, or one that is being written.
/// - The marker is demanded, so that the empty mount point of a disk that is not there is never taken for a store.
/// - Symbolic links below the root are never followed; a key with one in its path is `invalid`.
/// - An object appears by a rename of a file that is complete and durable, so it is never seen half.
/// - The ETag is the SHA-256 of the content.
package final class DirectoryStore: ObjectStore {
    static let area = ".devjournal-store"
    private static let markerPrefix = "format-"
    private static let marker = "format-1"

    package let url: String
    /// Held open: should the disk be taken away, calls fail rather than write to what lies beneath.
    let root: OpenDirectory
    /// The object that parts were last read of, where no hash is recorded: it is not hashed for each of them.
    let lastHashed = Mutex<(stamp: FileStamp, sha256: SHA256Digest)?>(nil)
    let counter = TrafficCounter()

    /// Opens a store. `unreachable` where its directory or the marker is not there.
    package init(_ location: FileURL) throws(StoreError) {
        self.root = try Self.openMarked(location.path)
        self.url = location.description
    }

    private static func openMarked(_ path: FilePath) throws(StoreError) -> OpenDirectory {
        do throws(FileFailure) {
            let root = try OpenDirectory(path)
            let area = try root.directory(area)
            let markers = try area.names().filter { $0.hasPrefix(markerPrefix) }
            if markers == [marker], try area.kind(of: marker) == .directory { return root }
            if markers.isEmpty { throw FileFailure("open", area.path.appending(marker), .noSuchFileOrDirectory) }
        } catch {
            if error.errno != .noSuchFileOrDirectory { throw StoreError(error) }
            throw .unreachable(
                "there is no object store at \(path)",
                hint: "is its disk mounted? If there never was a mirror, devjournal push --create makes it")
        }
        throw .invalid("\(path) is marked as a store of a kind that this version does not know")
    }

    /// Makes the directory, where it is missing, and a store in it. What the directory already holds stays; where it
    /// is a store already, nothing changes.
    package static func create(_ location: FileURL) throws(StoreError) -> DirectoryStore {
        do throws(FileFailure) {
            try makeDirectories(location.path, permissions: 0o755)
            let root = try OpenDirectory(location.path)
            _ = try root.makeDirectory(area)
            let area = try root.directory(area)
            if try area.names().allSatisfy({ !$0.hasPrefix(markerPrefix) }) {
                // Last of all: with the marker the store is complete.
                _ = try area.makeDirectory("tmp")
                _ = try area.makeDirectory(marker)
                try area.synchronize()
                try root.synchronize()
                try synchronizeFileSystem(holding: location.path)
            }
        } catch {
            throw StoreError(error)
        }
        return try DirectoryStore(location)
    }
}

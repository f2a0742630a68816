internal import DurableFiles
internal import SystemPackage

/// A store in a directory: an object is a plain file at its key's path, for any tool to look at. The folder
/// `.devjournal-store` belongs to the store: `store.json` marks a store, `lock` is taken by writers, `tmp` holds
/// objects that are still being written.
///
/// - The marker is demanded, so that the empty mount point of a disk that is not there is never taken for a store.
/// - Symbolic links below the root are never followed; a key with one in its path is `invalid`.
/// - An object appears by a rename of a file that is complete and durable, so it is never seen half.
/// - The ETag is the SHA-256 of the content.
package final class DirectoryStore: ObjectStore {
    static let area = ".devjournal-store"
    static let marker = "store.json"
    static let markerText = "{\"format\":\"devjournal-store\",\"version\":1}\n"

    package let url: String
    /// Held open: should the disk be taken away, calls fail rather than write to what lies beneath.
    let root: OpenDirectory

    /// Opens a store. `unreachable` where its directory or the marker is not there.
    package init(_ location: FileURL) throws(StoreError) {
        self.root = try Self.openMarked(location.path)
        self.url = location.description
    }

    private static func openMarked(_ path: FilePath) throws(StoreError) -> OpenDirectory {
        do throws(FileFailure) {
            let root = try OpenDirectory(path)
            let text = try root.directory(area).file(marker, .readOnly).readToEnd(limit: 1 << 12)
            if text == Array(markerText.utf8) { return root }
        } catch {
            if error.errno != .noSuchFileOrDirectory { throw StoreError(error) }
            throw .unreachable(
                "there is no object store at \(path)",
                hint: "is its disk mounted? A new store is only made by an explicit command")
        }
        throw .invalid("\(path) is marked as a store of a kind that this version does not know")
    }

    /// Makes the directory, where it is missing, and a store in it. What the directory already holds stays; where it
    /// is a store already, nothing changes.
    package static func create(_ location: FileURL) throws(StoreError) -> DirectoryStore {
        do throws(FileFailure) {
            try makeDirectories(location.path)
            let root = try OpenDirectory(location.path)
            _ = try root.makeDirectory(area)
            let area = try root.directory(area)
            if try area.kind(of: marker) == nil {
                let lock = try FileLock(on: area.file("lock", .readWrite, options: .create))
                try withExtendedLifetime(lock) { () throws(FileFailure) in
                    try writeMarker(in: area)
                    try root.synchronize()
                    try synchronizeFileSystem(holding: location.path)
                }
            }
        } catch {
            throw StoreError(error)
        }
        return try DirectoryStore(location)
    }

    /// Last of all: with the marker the store is complete.
    private static func writeMarker(in area: borrowing OpenDirectory) throws(FileFailure) {
        _ = try area.makeDirectory("tmp")
        let file = try area.file("store.json.new", .writeOnly, options: [.create, .truncate])
        try file.write(Array(markerText.utf8).span)
        try file.synchronize()
        try file.close()
        try area.rename("store.json.new", replacing: marker, in: area)
        try area.synchronize()
    }
}

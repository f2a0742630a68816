import Backup
import Catalogue
import Digest
import DurableFiles
import Sealing

/// Brings a file of a month out of its artifacts, by the frames that it lies in.
package struct FileReading {
    private let shelf: CatalogueShelf
    private let release: ReadingRelease

    package init(_ shelf: CatalogueShelf, _ release: ReadingRelease) {
        self.shelf = shelf
        self.release = release
    }

    /// What was handed out of a file.
    package struct Result: Sendable {
        package let bytes: Int
        /// Of the artifacts' files.
        package let bytesRead: Int
    }

    /// Gives out a file's content, after all of it was compared with the hash in the signed listing. Where the journal is
    /// to say that it was read, it does so before the first byte.
    package func read(_ place: PathInLabel, _ take: (Span<UInt8>) throws -> Void) throws -> Result {
        let catalogue = try shelf.catalogue(of: place.label, for: place.path)
        guard let entry = try catalogue.listed(place.path) else {
            throw BrowsingError.noSuchPath(place.path, in: place.label)
        }
        guard entry.kind == .file, let size = entry.size, let sha256 = entry.sha256 else {
            throw BrowsingError.notAFile(place.path, in: place.label)
        }
        let chain = try ArtifactChain(catalogue, on: shelf)
        let plan = try chain.readPlan(for: place.path, size: size)
        let free = try FileSystemSpace(holding: shelf.scratch).free
        guard size <= free else { throw BrowsingError.noRoom(place.path, size, in: shelf.scratch) }
        try chain.expect(plan)
        let spool = try SpooledText(in: shelf.scratch)
        var digest = SHA256()
        try chain.read(plan) { piece in
            digest.update(piece)
            spool.append(piece)
        }
        guard digest.finish() == sha256, spool.count == size else {
            throw BrowsingError.otherContent(place.path, in: place.label)
        }
        try release.record(place.label, [place.path])
        try spool.read(take)
        return Result(bytes: size, bytesRead: chain.bytesRead)
    }
}

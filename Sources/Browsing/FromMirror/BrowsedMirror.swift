package import Age
import Artifacts
package import Backup
import BackupJournal
import Catalogue
import Digest
import DurableFiles
import Glibc
package import JournalFormat
import JournalStore
package import Machines
import Mirror
package import ObjectStore
import Restoring
import Sealing
import SystemPackage

/// A data set as its mirror has it, read on any machine: the journal is fetched, and all of it verified; catalogues are
/// fetched when they are looked into, and of artifacts the parts that are needed. Nothing is recorded anywhere, and what
/// is fetched is gone again afterwards.
package final class BrowsedMirror {
    /// Who vouches for the journal, and what opens what is in the mirror: from a recovery kit, or a server's own.
    package struct Keys {
        let dataset: String
        let root: KeyID
        let identities: [AgeIdentity]

        package init(dataset: String, root: KeyID, identities: [AgeIdentity]) {
            self.dataset = dataset
            self.root = root
            self.identities = identities
        }

        /// The server's own.
        package init(_ server: ServerTree) throws {
            guard let root = try server.pinnedRoot() else { throw FetchError.rootUnknown }
            self.init(dataset: server.dataset, root: root, identities: try AgeKeyFiles(server).read())
        }
    }

    package let state: BackupState
    let identities: [AgeIdentity]
    private let store: any ObjectStore
    /// For this process alone.
    let scratch: ScratchPlace

    package init(_ store: any ObjectStore, _ keys: Keys) throws {
        self.store = store
        identities = keys.identities
        scratch = try ScratchPlace()
        let reader = MirrorReader(
            store: store, layout: MirrorLayout(dataset: keys.dataset), identities: keys.identities)
        let fetched = try reader.fetchJournal(into: scratch.path.appending("journal"), pinnedRoot: keys.root)
        state = try fetched.replay.readableState()
        scratch.empty("journal")
    }

    /// What was asked of the mirror so far.
    package var traffic: StoreTraffic { store.traffic }

    /// A label's catalogue, fetched once.
    func catalogue(of entry: BackupState.Entry) throws -> CatalogueFile {
        let label = entry.artifact.label
        let path = scratch.path.appending(label.catalogueName)
        guard let file = entry.catalogueFile(at: path, with: identities) else {
            throw BrowsingError.noCatalogue(label)
        }
        if !pathExists(path), try !Catalogues.fetch(entry, from: store, to: path) {
            throw BrowsingError.notInMirror(label, "catalogue")
        }
        return file
    }

    /// Parts of a label's catalogue: the sections that are wanted, and of the listing what holds a path. Nil where it was
    /// fetched before, or where nobody has signed what its parts are: then all of it is to be read.
    func parts(
        of entry: BackupState.Entry, _ sections: Set<CatalogueText.Section>, listing path: [UInt8]?
    ) throws -> LoadedCatalogue? {
        let label = entry.artifact.label
        guard let signed = entry.catalogueIndex, let sha256 = SHA256Digest(hex: signed.sha256),
            let stored = entry.catalogue, !pathExists(scratch.path.appending(label.catalogueName))
        else { return nil }
        guard let key = entry.catalogueKey else { throw BrowsingError.notInMirror(label, "catalogue") }
        let bytes = MirroredArtifact(store, try ObjectKey(key), bytes: stored.bytes)
        var parts = try CatalogueParts(
            index: (signed.bytes, sha256), fileLength: stored.bytes, with: identities, from: { try bytes.read($0) })
        bytes.expect(parts.fileRanges(of: sections, listing: path))
        var found: [CatalogueText.Section: [UInt8]] = [:]
        // In the order in which they lie in the file.
        if sections.contains(.frames) { found[.frames] = try parts.section(.frames) }
        let listing = try path.flatMap { try parts.listing(holding: $0) }
        if sections.contains(.map) { found[.map] = try parts.section(.map) }
        return LoadedCatalogue(entry, found, part: listing)
    }

    func artifact(of entry: BackupState.Entry) throws -> any ArtifactBytes {
        guard let key = entry.objectKey else { throw BrowsingError.notInMirror(entry.artifact.label, "artifact") }
        return MirroredArtifact(store, try ObjectKey(key), bytes: entry.artifact.bytes)
    }
}

/// A directory of this process's own below `$TMPDIR`, else `/var/tmp`, which goes with it.
final class ScratchPlace {
    let path: FilePath

    init() throws(FileFailure) {
        let place = unsafe getenv("TMPDIR").map { unsafe FilePath(String(cString: $0)) } ?? "/var/tmp"
        path = place.appending("devjournal.\(String(UInt64.random(in: 0 ... .max), radix: 16))")
        guard unsafe mkdir(path.string, 0o700) == 0 else {
            throw FileFailure("make directory", path, Errno(rawValue: errno))
        }
    }

    /// Removes a directory of files in it.
    func empty(_ name: String) {
        let directory = path.appending(name)
        for name in (try? namesInDirectory(directory)) ?? [] { try? removeFile(directory.appending(name)) }
        _ = unsafe rmdir(directory.string)
    }

    deinit {
        empty("journal")
        for name in (try? namesInDirectory(path)) ?? [] { try? removeFile(path.appending(name)) }
        _ = unsafe rmdir(path.string)
    }
}

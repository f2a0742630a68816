package import Age
import Artifacts
package import Backup
import BackupJournal
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

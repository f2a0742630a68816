package import Backup
import Digest
import DurableFiles
import Glibc
import JournalFormat
package import Machines
import Mirror
package import ObjectStore
package import SystemPackage

/// The catalogues of the repository: each under its place in `catalogues/`, with the hash that its artifact's sealing
/// names.
package struct Catalogues {
    private let server: ServerTree

    package init(_ server: ServerTree) {
        self.server = server
    }

    package func path(of entry: BackupState.Entry) -> FilePath? {
        entry.catalogue.map { server.root.appending($0.localPath) }
    }

    /// Nil where the artifact has none.
    package func condition(of entry: BackupState.Entry) throws -> BackupState.Condition? {
        guard let catalogue = entry.catalogue, let path = path(of: entry) else { return nil }
        guard pathExists(path) else { return .missing }
        return try isSound(path, bytes: catalogue.bytes, sha256: catalogue.sha256) ? .ok : .damaged
    }

    /// Takes the one that was sealed with an artifact before that is registered. Changes nothing where it is there.
    ///
    /// - Parameters:
    ///   - source: where it has arrived; it stays where it is.
    ///   - isNeeded: whether it is an error that it has not.
    package func take(_ sealing: BackupState.Sealing, from source: FilePath, isNeeded: Bool) throws {
        guard let catalogue = sealing.stream.catalogue else { return }
        let label = sealing.artifact.label
        let target = server.catalogue(of: label)
        if try isSound(target, bytes: catalogue.bytes, sha256: catalogue.sha256) { return }
        guard pathExists(source) else {
            if !isNeeded { return server.reporter.warn("the catalogue of \(label) is missing or damaged") }
            throw ArtifactError.catalogueNotArrived(label)
        }
        guard try place(source, at: target, bytes: catalogue.bytes, sha256: catalogue.sha256) else {
            throw ArtifactError.otherCatalogue(source, of: sealing.artifact.name)
        }
    }

    /// Takes one that was pulled; false where it is none that the journal knows. Changes nothing where it is there.
    package func store(_ source: FilePath, of entry: BackupState.Entry) throws -> Bool {
        guard let catalogue = entry.catalogue, let target = path(of: entry) else { return false }
        if try isSound(target, bytes: catalogue.bytes, sha256: catalogue.sha256) { return true }
        return try place(source, at: target, bytes: catalogue.bytes, sha256: catalogue.sha256)
    }

    /// Takes one that was made here.
    package func take(_ catalogue: ArtifactCatalogue, of label: Label, from source: FilePath) throws {
        let target = server.catalogue(of: label)
        guard try place(source, at: target, bytes: catalogue.bytes, sha256: catalogue.sha256) else {
            throw ArtifactError.changedWhileCopied(source)
        }
    }

    /// - Returns: false where it is another one; then nothing is changed.
    private func place(_ source: FilePath, at target: FilePath, bytes: Int, sha256: String) throws -> Bool {
        try makeDirectories(target.removingLastComponent())
        let fresh = try FreshCopy(of: source, for: target)
        if try !fresh.clone() { try fresh.copy() }
        try fresh.finish()
        guard try isSound(fresh.path, bytes: bytes, sha256: sha256) else { return false }
        guard pathExists(target) else {
            try fresh.rename(to: target)
            return true
        }
        // Damaged, or of a sealing that came to nothing.
        if let aside = try ArtifactFile.replaceDamaged(target, by: fresh.path, at: server.effects.clock.now()) {
            server.reporter.say("\(target) was another one; it is kept as \(aside)")
        }
        fresh.wasRenamed()
        return true
    }

    private func isSound(_ path: FilePath, bytes: Int, sha256: String) throws -> Bool {
        guard let status = try? path.stat(followTargetSymlink: false), status.type == .regular,
            Int(status.size) == bytes
        else { return false }
        return try ArtifactFile.hash(path).sha256.hex == sha256
    }
}

extension Catalogues {
    /// Fetches one from the mirror under that path, which must be free.
    ///
    /// - Returns: false where the mirror has none of it, or another one, each time it is asked.
    package static func fetch(_ entry: BackupState.Entry, from store: any ObjectStore, to path: FilePath) throws -> Bool
    {
        if try fetchOnce(entry, from: store, to: path) { return true }
        return try fetchOnce(entry, from: store, to: path)
    }

    private static func fetchOnce(
        _ entry: BackupState.Entry, from store: any ObjectStore, to path: FilePath
    ) throws -> Bool {
        guard let catalogue = entry.catalogue, let key = entry.catalogueKey else { return false }
        try makeDirectories(path.removingLastComponent(), permissions: 0o700)
        let file = try OpenFile(
            path, .readWrite, options: [.create, .exclusiveCreate, .noFollow], permissions: .ownerReadWrite)
        do {
            _ = try store.get(
                try ObjectKey(key), range: 0, limit: Int64(catalogue.bytes), into: file, progress: nil)
            try file.synchronize()
            try file.close()
            if try ArtifactFile.hash(path).sha256.hex == catalogue.sha256 { return true }
            try removeFile(path)
            return false
        } catch let error as StoreError where error.kind == .missing || error.kind == .corrupt {
            try removeFile(path)
            return false
        } catch {
            try removeFile(path)
            throw error
        }
    }

    /// Puts the mirror's in the place of one that is missing or damaged.
    ///
    /// - Returns: whether it could.
    package func repair(_ entry: BackupState.Entry, from store: any ObjectStore) throws -> Bool {
        guard let target = path(of: entry) else { return false }
        let fetched = target.sibling(".\(entry.artifact.label.catalogueName).repairing")
        try removeFile(fetched)
        guard try Self.fetch(entry, from: store, to: fetched) else { return false }
        defer { try? removeFile(fetched) }
        return try self.store(fetched, of: entry)
    }
}

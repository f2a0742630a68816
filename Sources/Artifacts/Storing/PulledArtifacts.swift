package import Backup
import BackupJournal
import Digest
import DurableFiles
import JournalFormat
import JournalStore
package import Machines
package import SystemPackage

/// Takes the artifacts of a directory that a pull has fetched into the repository, each checked against the journal.
package struct PulledArtifacts {
    private let machine: Machine
    private let directory: FilePath

    package init(_ machine: Machine, in directory: FilePath) {
        self.machine = machine
        self.directory = directory
    }

    private typealias Found = (path: FilePath, artifact: ArtifactName)

    /// Files that are not artifacts are left where they are, and named.
    ///
    /// - Returns: the artifacts that were missing or damaged before.
    package func store() throws -> [ArtifactName] {
        guard pathExists(directory) else { throw StoringError.noDirectory(directory) }
        var journal = try machine.openJournal(.resuming(.anything))
        let (found, strangers) = try look()
        guard !found.isEmpty else { throw StoringError.noArtifact(directory) }
        try requireSpace(for: found)
        var stored: [ArtifactName] = []
        for (path, artifact) in found where try store(path, artifact, &journal) { stored.append(artifact) }
        try storeCatalogues(try journal.replay.readableState())
        journal.close()
        for path in strangers { machine.reporter.warn("\(path) is not an artifact's name; left alone") }
        return stored
    }

    private func look() throws -> (found: [Found], strangers: [FilePath]) {
        var found: [Found] = []
        var strangers: [FilePath] = []
        for folder in ["artifacts/anchors", "artifacts/incr"] {
            for name in try namesInDirectory(directory.appending(folder)) ?? [] {
                let path = directory.appending(folder).appending(name)
                guard let artifact = ArtifactName(name), artifact.localPath == "\(folder)/\(name)" else {
                    strangers.append(path)
                    continue
                }
                found.append((path, artifact))
            }
        }
        // As they are when somebody has copied them there by hand.
        for name in try namesInDirectory(directory) ?? [] {
            if let artifact = ArtifactName(name) { found.append((directory.appending(name), artifact)) }
        }
        return (found, strangers)
    }

    /// For all that has to be copied: nothing is stored where not everything fits.
    private func requireSpace(for found: [Found]) throws {
        let missing = found.map { ($0.path, machine.server.root.appending($0.artifact.localPath)) }
            .filter { !pathExists($0.1) }
        try SpaceCheck.server(machine)
            .requireMoving(
                "storing \(Plain.counted(missing.count, "artifact"))",
                missing.map { ($0.0, $0.1.removingLastComponent()) })
    }

    /// - Returns: whether it was missing or damaged before.
    private func store(_ path: FilePath, _ name: ArtifactName, _ journal: inout Journal) throws -> Bool {
        let state = try journal.replay.readableState()
        guard let entry = state.entries[name.label], entry.artifact.name == name else {
            if state.withdrawals.contains(where: { $0.name == name }) {
                machine.reporter.warn("\(name) was withdrawn; \(path) is left alone")
                return false
            }
            throw StoringError.unknown(name, path)
        }
        let (bytes, sha256) = try ArtifactFile.hash(path)
        guard sha256.hex == entry.artifact.sha256 else { throw StoringError.notTheJournals(path, hash: sha256) }
        let target = machine.server.root.appending(name.localPath)
        let isDamaged = try pathExists(target) && ArtifactFile.hash(target).sha256 != sha256
        let isNew = isDamaged || !pathExists(target)
        if isDamaged {
            try replace(target, by: path, sha256)
        } else {
            try ArtifactFile.place(path, at: target, sha256: sha256)
        }
        // An imported artifact may have stood elsewhere so far.
        if isNew || entry.localPath != name.localPath {
            _ = try machine.record(
                .recordStoring(
                    name.label, sha256: sha256.hex, bytes: bytes, localPath: name.localPath,
                    objectKey: entry.objectKey ?? "-"), in: &journal)
        }
        return isNew
    }

    /// The damaged one is set aside, never destroyed; under its name is always one of the two.
    private func replace(_ target: FilePath, by source: FilePath, _ sha256: SHA256Digest) throws {
        var sound = source
        let isMoved = try canRename(source, into: target.removingLastComponent())
        if !isMoved {
            sound = target.sibling(".\(target.lastComponent?.string ?? "").stored")
            try removeFile(sound)
            try ArtifactFile.copy(source, to: sound, sha256: sha256)
        }
        let aside = try ArtifactFile.replaceDamaged(target, by: sound, at: machine.now())
        if !isMoved { try removeFile(source) }
        if let aside { machine.reporter.warn("\(target) was damaged; it is kept as \(aside)") }
    }

    private func storeCatalogues(_ state: BackupState) throws {
        let catalogues = Catalogues(machine.server)
        for place in [directory.appending("catalogues"), directory] {
            for name in try namesInDirectory(place) ?? [] {
                guard let entry = state.order.first(where: { $0.catalogueName == name }).flatMap({ state.entries[$0] })
                else { continue }
                let path = place.appending(name)
                if try catalogues.store(path, of: entry) {
                    try removeFile(path)
                } else {
                    machine.reporter.warn("\(path) is not the catalogue that the journal names; left alone")
                }
            }
        }
    }
}

package import Backup
import Digest
import DurableFiles
import Glibc
import JournalFormat
import JournalStore
package import Machines
import Mirror
import ObjectStore
import SystemPackage

/// Brings artifacts and catalogues that are missing or damaged here from the mirror. The caller holds the scrub's lock.
package struct ArtifactRepair {
    private let machine: Machine

    package init(_ machine: Machine) {
        self.machine = machine
    }

    /// Fetches the artifact from the mirror, checks it, and puts it in its place; the damaged file is kept.
    ///
    /// - Returns: whether it could; what stands in the way is reported, and the other artifacts continue.
    package func artifact(_ entry: BackupState.Entry) -> Bool {
        do {
            try fetchAnew(entry)
            return true
        } catch {
            let hint = machine.reporter.hint(of: error).map { "; \($0)" } ?? ""
            machine.reporter.warn(
                "\(entry.artifact.name) was not repaired: \(machine.reporter.message(of: error))\(hint)")
            return false
        }
    }

    /// Fetches the artifact's catalogue from the mirror and puts it in its place.
    ///
    /// - Returns: whether it could; what stands in the way is reported.
    package func catalogue(_ entry: BackupState.Entry) -> Bool {
        let label = entry.artifact.label
        do {
            guard let url = machine.mirror else { return false }
            let isRepaired = try Catalogues(machine.server).repair(entry, from: try machine.store(url))
            if isRepaired {
                machine.reporter.say("the catalogue of \(label) was fetched from \(url)")
            } else {
                machine.reporter.warn("the catalogue of \(label) was not repaired: the mirror has no sound one")
            }
            return isRepaired
        } catch {
            machine.reporter.warn("the catalogue of \(label) was not repaired: \(machine.reporter.message(of: error))")
            return false
        }
    }

    /// What mends artifacts that no mirror has.
    package static func handOverHint(_ entries: [BackupState.Entry]) -> String {
        let labels = entries.map(\.artifact.label)
        let commands = labels.map { "devjournal withdraw \($0) --reason TEXT" }.joined(separator: ", ")
        let month = labels.last?.monthText ?? ""
        return "ws_dev_run_month.sh \(month) on the workstation hands it over again, while its spool has it; "
            + "otherwise: \(commands)"
    }

    /// Where the mirror has it: as recorded, or as a push left it that was cut off before it was recorded.
    private func objectKey(of entry: BackupState.Entry, in store: any ObjectStore) throws -> ObjectKey {
        if let key = entry.objectKey { return try ObjectKey(key) }
        let reader = MirrorReader(
            store: store, layout: MirrorLayout(dataset: machine.dataset), identities: [])
        guard let key = try reader.artifact(entry.artifact) else {
            throw FetchError.notMirrored(handOver: Self.handOverHint([entry]))
        }
        return key
    }

    private func fetchAnew(_ entry: BackupState.Entry) throws {
        let artifact = entry.artifact
        guard let url = machine.mirror else {
            throw FetchError.noMirror(for: artifact.name)
        }
        let store = try machine.store(url)
        let objectKey = try objectKey(of: entry, in: store)
        let target = machine.server.root.appending(entry.localPath)
        let fetched = target.sibling(".\(artifact.name).repairing")
        try SpaceCheck.server(machine)
            .require(SpaceNeed("fetching \(artifact.name)", bytes: artifact.bytes), in: target.removingLastComponent())
        do {
            do {
                try fetch(objectKey, artifact, from: store, to: fetched)
            } catch MirrorError.objectDamaged(let key) {
                machine.reporter.warn("\(artifact.name) arrived with another hash and is fetched again")
                try fetch(key, artifact, from: store, to: fetched)
            }
            guard try machine.state().entries[artifact.label]?.artifact == artifact else {
                throw FetchError.withdrawnMeanwhile
            }
            let aside = try ArtifactFile.replaceDamaged(target, by: fetched, at: machine.now())
            if let aside { machine.reporter.say("\(target) was damaged; it is kept as \(aside)") }
        } catch {
            try? removeFile(fetched)
            throw error
        }
        var journal = try machine.openJournal(.resuming(.anything))
        _ = try machine.record(
            .recordStoring(
                artifact.label, sha256: artifact.sha256, bytes: artifact.bytes, localPath: entry.localPath,
                objectKey: objectKey.text), in: &journal)
        machine.reporter.say("\(artifact.name) was fetched from \(url)")
    }

    private func fetch(
        _ key: ObjectKey, _ artifact: Artifact, from store: any ObjectStore, to path: FilePath
    ) throws {
        try removeFile(path)
        try makeDirectories(path.removingLastComponent())
        let file = try OpenFile(
            path, .readWrite, options: [.create, .exclusiveCreate, .noFollow], permissions: .ownerReadWrite)
        let meter = machine.reporter.progress("fetching \(artifact.name)", total: artifact.bytes)
        do {
            _ = try store.get(key, range: 0, limit: Int64(artifact.bytes), into: file) { meter.reached(Int($0)) }
        } catch {
            meter.finish()
            throw error.kind == .missing ? MirrorError.objectMissing(key) : MirrorError.store(error)
        }
        meter.finish()
        try DurableFiles.check(fchmod(file.descriptor.rawValue, 0o440), "set the mode of", path)
        try file.synchronize()
        try file.close()
        guard try ArtifactFile.hash(path).sha256.hex == artifact.sha256 else { throw MirrorError.objectDamaged(key) }
    }
}

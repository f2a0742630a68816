package import Backup
import BackupJournal
import Digest
import DurableFiles
import JournalFormat
import JournalStore
package import Machines
import Mirror
import ObjectStore
import Sealing
package import SystemPackage

/// Fetches the journal and one label's chain of artifacts from the mirror into a directory of its own. What is there
/// already and right stays; a download that was cut off is continued.
package struct ChainPull {
    private let machine: Machine
    private let target: FilePath

    package init(_ machine: Machine, into target: FilePath) {
        self.machine = machine
        self.target = target
    }

    package struct Result {
        package let plan: RestorePlan
        /// Of the chain's bytes those that were not there.
        package let fetchedBytes: Int
    }

    /// - Parameter label: as a person writes it.
    package func run(_ label: String) throws -> Result {
        let url = try machine.mirrorURL()
        guard let root = try machine.server.pinnedRoot() else { throw FetchError.rootUnknown }
        let reader = MirrorReader(
            store: try machine.store(url), layout: MirrorLayout(dataset: machine.dataset),
            identities: try AgeKeyFiles(machine.server).read(), keeping: machine.reserve)
        try PullDirectory.prepare(target)
        let journal = target.appending("journal")
        try PullDirectory.empty(journal)
        let plan: RestorePlan
        do {
            let fetched = try reader.fetchJournal(into: journal, pinnedRoot: root)
            let state = try fetched.replay.readableState()
            plan = try RestorePlan(try machine.label(label, in: state), state)
            try SpaceCheck.server(machine)
                .require(try need(plan), in: target, instead: "name another directory with --to")
        } catch {
            // A directory made for nothing is taken away again.
            try? PullDirectory.removeIfEmpty(target)
            throw error
        }
        var fetchedBytes = 0
        for step in plan.steps {
            fetchedBytes += try fetch(step, from: reader.store)
            try fetchCatalogue(step, from: reader.store)
        }
        return Result(plan: plan, fetchedBytes: fetchedBytes)
    }

    /// What is not there yet; of a download that was cut off, the rest.
    private func need(_ plan: RestorePlan) throws -> SpaceNeed {
        var bytes = 0
        for step in plan.steps {
            let path = target.appending(step.artifact.name.localPath)
            let places = [path, path.sibling("\(step.artifact.name).part")]
            let there = places.compactMap { try? Int($0.stat(followTargetSymlink: false).size) }.max() ?? 0
            bytes += max(0, step.artifact.bytes - there)
        }
        return SpaceNeed("fetching the chain of \(plan.label)", bytes: bytes)
    }

    /// Nothing is restored from it, so that one which is missing keeps nobody from restoring.
    private func fetchCatalogue(
        _ entry: BackupState.Entry, from store: any ObjectStore
    ) throws {
        guard let catalogue = entry.catalogue else { return }
        let path = target.appending(entry.artifact.label.cataloguePath)
        if pathExists(path), try ArtifactFile.hash(path).sha256.hex == catalogue.sha256 { return }
        try removeFile(path)
        if try !Catalogues.fetch(entry, from: store, to: path) {
            machine.reporter.warn("the mirror has no sound catalogue of \(entry.artifact.label)")
        }
    }

    /// - Returns: the bytes that had to be fetched.
    private func fetch(_ entry: BackupState.Entry, from store: any ObjectStore) throws -> Int {
        let artifact = entry.artifact
        let path = target.appending(artifact.name.localPath)
        if pathExists(path), try ArtifactFile.hash(path).sha256.hex == artifact.sha256 { return 0 }
        guard let objectKey = entry.objectKey else {
            throw FetchError.neverPushed(artifact.name)
        }
        machine.reporter.say("fetching \(artifact.name), \(Plain.bytes(artifact.bytes))")
        let partial = path.sibling("\(artifact.name).part")
        var (offset, sha256) = try download(try ObjectKey(objectKey), artifact, from: store, to: partial)
        if sha256.hex != artifact.sha256 {
            // What is wrong is not kept: continuing from wrong bytes would fail for ever.
            try removeFile(partial)
            machine.reporter.warn("\(artifact.name) arrived with another hash and is fetched again from its beginning")
            (offset, sha256) = try download(try ObjectKey(objectKey), artifact, from: store, to: partial)
            guard sha256.hex == artifact.sha256 else {
                try removeFile(partial)
                throw MirrorError.objectDamaged(try ObjectKey(objectKey))
            }
        }
        try removeFile(path)
        try renameToNewName(partial, path)
        return artifact.bytes - Int(offset)
    }

    /// Continues where an earlier download stopped.
    ///
    /// - Returns: the offset from which on bytes were fetched, and the hash of all that is there then.
    private func download(
        _ key: ObjectKey, _ artifact: Artifact, from store: any ObjectStore, to partial: FilePath
    ) throws -> (offset: Int64, sha256: SHA256Digest) {
        let file = try OpenFile(
            partial, .readWrite, options: [.create, .noFollow], permissions: [.ownerReadWrite])
        let offset = min(try file.size(), Int64(artifact.bytes))
        try file.truncate(to: Int(offset))
        try file.seek(to: offset)
        let hash = try ArrivingHash(file.descriptor, partial)
        hash.reached(offset)
        let shown = machine.reporter.progress(
            "fetching \(artifact.name)", total: artifact.bytes, done: Int(offset))
        defer { shown.finish() }
        do {
            _ = try store.get(key, range: offset, limit: Int64(artifact.bytes), into: file) { done in
                hash.reached(offset + done)
                shown.reached(Int(offset + done))
            }
        } catch {
            hash.stop()
            // What arrived is kept, so that the next run continues from there; nothing at all is not worth a file, nor
            // is what belongs to another object than the journal says.
            if try error.kind == .corrupt || file.size() == 0 { try removeFile(partial) }
            throw error.kind == .missing ? MirrorError.objectMissing(key) : MirrorError.store(error)
        }
        let sha256 = try hash.finish(try file.size())
        try file.synchronize()
        try file.close()
        return (offset, sha256)
    }
}

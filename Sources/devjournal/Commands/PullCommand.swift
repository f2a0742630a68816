import ArgumentParser
import Backup
import Digest
import DurableFiles
import Glibc
import JournalFormat
import JournalStore
import Mirror
import ObjectStore
import Sealing
import SystemPackage

struct PullCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pull",
        abstract: "Fetch the journal and one label's chain of artifacts from the mirror.",
        discussion: """
            Into a directory of its own, from where devjournal store takes them over. What is there already and right \
            is not fetched again; a download that was cut off continues where it stopped. A fetch that would eat the \
            reserve of the disk (RESERVE_BYTES) is not begun.

            Exit status: 0 fetched · 1 an object is not what the journal says · 2 failed: the disk, too little space · \
            6 the directory is not this user's alone · 7 no such label, an object is missing · 9 the mirror refused or \
            cannot be reached · 64 usage
            """)

    @OptionGroup var options: ConfigurationOption
    @OptionGroup var output: JSONOption
    @OptionGroup var endpoint: EndpointOption
    @Argument(help: "latest, 2026-01 or dev@2026-01.")
    var label = "latest"
    @Option(help: "The directory to fetch into.")
    var to = "/tmp/dev-backup-cloud-pull"

    func run() throws {
        let configuration = try options.load(endpoint)
        let server = configuration.server
        let url = try configuration.mirrorURL()
        guard let root = try server.pinnedRoot() else {
            throw Complaint(
                "this server does not know its journal's root yet",
                hint: "after a wipe: devjournal rebuild --from-mirror --kit KIT",
                .notFound)
        }
        let reader = MirrorReader(
            store: try configuration.store(url), layout: MirrorLayout(dataset: configuration.dataset),
            identities: try AgeKeyFiles(server).read(), keeping: configuration.reserve)
        let target = FilePath(to)
        try PullDirectory.prepare(target)
        let journal = target.appending("journal")
        try PullDirectory.empty(journal)
        let plan: RestorePlan
        do {
            let fetched = try reader.fetchJournal(into: journal, pinnedRoot: root)
            let state = try fetched.replay.readableState()
            plan = try RestorePlan(try configuration.label(label, in: state), state)
        } catch {
            // A directory made for nothing is taken away again.
            try? PullDirectory.removeIfEmpty(target)
            throw error
        }
        do {
            try SpaceCheck.server(configuration)
                .require(try need(plan, target), in: target, instead: "name another directory with --to")
        } catch {
            try? PullDirectory.removeIfEmpty(target)
            throw error
        }
        var fetchedBytes = 0
        for step in plan.steps {
            fetchedBytes += try fetch(step, from: reader.store, to: target)
            try fetchCatalogue(step, from: reader.store, to: target)
        }
        if output.json {
            Terminal.json([
                "label": .string(plan.label.description), "directory": .string(to),
                "artifacts": .array(plan.steps.map { .object($0.json) }), "fetched": .integer(fetchedBytes),
            ])
        } else {
            Terminal.say("\(plan.label) and what it needs, \(Terminal.bytes(plan.bytes)), is in \(to)")
            for step in plan.steps { Terminal.exact(target.appending(step.artifact.name.localPath).string) }
        }
    }

    /// What is not there yet; of a download that was cut off, the rest.
    private func need(_ plan: RestorePlan, _ target: FilePath) throws -> SpaceNeed {
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
        _ entry: BackupState.Entry, from store: any ObjectStore, to target: FilePath
    ) throws {
        guard let catalogue = entry.catalogue else { return }
        let path = target.appending(entry.artifact.label.cataloguePath)
        if pathExists(path), try ArtifactFile.hash(path).sha256.hex == catalogue.sha256 { return }
        try removeFile(path)
        if try !Catalogues.fetch(entry, from: store, to: path) {
            Terminal.warn("the mirror has no sound catalogue of \(entry.artifact.label)")
        }
    }

    /// - Returns: the bytes that had to be fetched.
    private func fetch(_ entry: BackupState.Entry, from store: any ObjectStore, to target: FilePath) throws -> Int {
        let artifact = entry.artifact
        let path = target.appending(artifact.name.localPath)
        if pathExists(path), try ArtifactFile.hash(path).sha256.hex == artifact.sha256 { return 0 }
        guard let objectKey = entry.objectKey else {
            throw Complaint("\(artifact.name) was never pushed to the mirror", .notFound)
        }
        Terminal.say("fetching \(artifact.name), \(Terminal.bytes(artifact.bytes))")
        let partial = path.sibling("\(artifact.name).part")
        var (offset, sha256) = try download(try ObjectKey(objectKey), artifact, from: store, to: partial)
        if sha256.hex != artifact.sha256 {
            // What is wrong is not kept: going on from wrong bytes would fail for ever.
            try removeFile(partial)
            Terminal.warn("\(artifact.name) arrived with another hash and is fetched again from its beginning")
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
}

extension PullCommand {
    /// Goes on where an earlier download stopped.
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
        let shown = ProgressReport("fetching \(artifact.name)", total: artifact.bytes, done: Int(offset))
        defer { shown.finish() }
        do {
            _ = try store.get(key, range: offset, limit: Int64(artifact.bytes), into: file) { done in
                hash.reached(offset + done)
                shown.reached(Int(offset + done))
            }
        } catch {
            hash.stop()
            // What arrived is kept, so that the next run goes on from there; nothing at all is not worth a file, nor is
            // what belongs to another object than the journal says.
            if try error.kind == .corrupt || file.size() == 0 { try removeFile(partial) }
            throw error.kind == .missing ? MirrorError.objectMissing(key) : MirrorError.store(error)
        }
        let sha256 = try hash.finish(try file.size())
        try file.synchronize()
        try file.close()
        return (offset, sha256)
    }
}

/// The directory that a pull fetches into: ours alone, because what lies there is restored from.
enum PullDirectory {
    static func prepare(_ path: FilePath) throws {
        // Where it is there already, it is looked at like one made by somebody else.
        _ = unsafe mkdir(path.string, 0o700)
        let status = try attempt("look at", path) { try path.stat(followTargetSymlink: false) }
        guard status.type == .directory, status.userID.rawValue == geteuid(),
            status.permissions.isDisjoint(with: [.groupReadWriteExecute, .otherReadWriteExecute])
        else {
            throw Complaint(
                "\(path) is not a directory of this user's alone", hint: "remove it, or name another with --to",
                .refused)
        }
        for name in ["artifacts/anchors", "artifacts/incr", "catalogues", "journal"] {
            try makeDirectories(path.appending(name), permissions: 0o700)
        }
    }

    static func empty(_ path: FilePath) throws {
        for name in try namesInDirectory(path) ?? [] { try removeFile(path.appending(name)) }
    }

    /// Removes the fetched journal, and every directory that then holds nothing.
    static func removeIfEmpty(_ path: FilePath) throws {
        try empty(path.appending("journal"))
        for name in ["journal", "artifacts/anchors", "artifacts/incr", "artifacts", "catalogues", ""] {
            _ = unsafe rmdir(path.pushing(FilePath(name)).string)
        }
    }
}

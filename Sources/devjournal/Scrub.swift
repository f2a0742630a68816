import Backup
import Digest
import DurableFiles
import Glibc
import JournalFormat
import JournalStore
import Mirror
import ObjectStore
import SystemPackage

/// Holds artifacts against the journal, one by one, and mends them.
struct Scrub {
    struct Finding {
        let label: Label
        /// Nil where this user may not read it, which says nothing about it.
        let condition: BackupState.Condition?
        /// Not here since the server was rebuilt, and in the mirror.
        var isOnlyMirrored = false
        /// What cannot be restored without it.
        let dependents: [Label]
        let foundSHA256: String?
        /// Nil where it has none, or nobody looked.
        var catalogue: BackupState.Condition?
        /// Whether the mirror has the catalogue: what nothing brings back is told, and no failure.
        var isCatalogueMirrored = false
        var repaired = false

        var isBroken: Bool { isArtifactBroken || isCatalogueBroken }
        var isCatalogueBroken: Bool { !isOnlyMirrored && isCatalogueMirrored && catalogue.map { $0 != .ok } ?? false }
        var isArtifactBroken: Bool { !isOnlyMirrored && condition.map { $0 != .ok && !repaired } ?? false }

        private var result: String { isOnlyMirrored ? "mirrored" : condition?.rawValue ?? "unread" }
        var text: String { result + (repaired ? " repaired" : "") }

        var json: JSONObject {
            [
                "label": .string(label.description), "result": .string(result),
                "found_sha256": foundSHA256.map { .string($0) } ?? .null,
                "needed_by": .array(dependents.map { .string($0.description) }), "repaired": .bool(repaired),
                "catalogue": catalogue.map { .string($0.rawValue) } ?? .null,
            ]
        }
    }

    private let configuration: Configuration
    private let report: ProgressReport
    /// Bytes of the artifacts before the one at hand.
    private var done = 0

    init(_ configuration: Configuration, total: Int) {
        self.configuration = configuration
        report = ProgressReport("checking artifacts", total: total)
    }

    private func path(of entry: BackupState.Entry) -> FilePath {
        configuration.server.root.appending(entry.localPath)
    }

    /// Reads the artifact, journals what it is, and tells of one that is not what it should be.
    ///
    /// - Returns: nil for one that was withdrawn meanwhile.
    mutating func check(_ entry: BackupState.Entry, in state: BackupState) throws -> Finding? {
        let label = entry.artifact.label
        let (condition, found): (BackupState.Condition, (sha256: String, bytes: Int)?)
        do {
            (condition, found) = try look(at: path(of: entry), entry.artifact)
        } catch let failure as FileFailure where [.permissionDenied, .notPermitted].contains(failure.errno) {
            report.finish()
            Terminal.warn("\(entry.artifact.name) was not checked: \(failure)")
            return Finding(label: label, condition: nil, dependents: [], foundSHA256: nil)
        }
        report.finish()
        var journal = try configuration.openJournal()
        guard try journal.replay.readableState().entries[label]?.artifact == entry.artifact else {
            Terminal.say("\(entry.artifact.name) was withdrawn meanwhile; it is left out")
            return nil
        }
        _ = try configuration.record(
            .recordCheck(label, sha256: entry.artifact.sha256, condition, found: condition == .ok ? nil : found),
            in: &journal)
        if condition == .missing, try journal.replay.readableState().entries[label]?.isOnlyMirrored ?? false {
            return Finding(
                label: label, condition: condition, isOnlyMirrored: true, dependents: [], foundSHA256: nil,
                catalogue: try Catalogues(configuration.server).condition(of: entry))
        }
        let dependents = condition == .ok ? [] : state.dependents(on: label)
        if condition != .ok {
            let needed = dependents.isEmpty ? "" : "; needed by \(Plain.list(dependents.map(\.description)))"
            Terminal.warn("\(path(of: entry)) is \(condition.rawValue)\(needed)")
        }
        let catalogue = try Catalogues(configuration.server).condition(of: entry)
        if let catalogue, catalogue != .ok { Terminal.warn("the catalogue of \(label) is \(catalogue.rawValue)") }
        return Finding(
            label: label, condition: condition, dependents: dependents,
            foundSHA256: condition == .ok ? nil : found?.sha256, catalogue: catalogue,
            isCatalogueMirrored: entry.catalogueKey != nil)
    }

    private mutating func look(
        at path: FilePath, _ artifact: Artifact
    ) throws -> (BackupState.Condition, (sha256: String, bytes: Int)?) {
        // Behind a symbolic link, as where somebody moved it to another disk, it is as good: what counts is its hash.
        let (report, before) = (report, done)
        defer { done += artifact.bytes }
        let status: Stat
        do throws(FileFailure) {
            status = try attempt("look at", path) { try path.stat() }
        } catch {
            switch error.errno {
            case .noSuchFileOrDirectory, .notDirectory, .tooManySymbolicLinkLevels: return (.missing, nil)
            default: throw error
            }
        }
        // A directory or a pipe cannot be hashed, and what is too long need not be.
        guard status.type == .regular, status.size <= artifact.bytes else { return (.damaged, nil) }
        do {
            let (bytes, sha256) = try ArtifactFile.hash(path, options: []) { report.reached(before + Int($0)) }
            return (sha256.hex == artifact.sha256 ? .ok : .damaged, (sha256.hex, bytes))
        } catch let failure as FileFailure where failure.errno == .ioError {
            // The disk cannot give it back: for a restore that is as good as damaged.
            Terminal.warn("\(failure)")
            return (.damaged, nil)
        }
    }

    /// Fetches the artifact from the mirror, checks it, and puts it in its place; the damaged file is kept.
    ///
    /// - Returns: whether it could; what stands in the way is told, and the other artifacts go on.
    func repair(_ entry: BackupState.Entry) -> Bool {
        do {
            try fetchAnew(entry)
            return true
        } catch {
            let complaint = Complaint(error)
            let hint = complaint.hint.map { "; \($0)" } ?? ""
            Terminal.warn("\(entry.artifact.name) was not repaired: \(complaint.message)\(hint)")
            return false
        }
    }

    /// Fetches the artifact's catalogue from the mirror and puts it in its place.
    ///
    /// - Returns: whether it could; what stands in the way is told.
    func repairCatalogue(_ entry: BackupState.Entry) -> Bool {
        let label = entry.artifact.label
        do {
            guard let url = configuration.mirror else { return false }
            let isRepaired = try Catalogues(configuration.server).repair(entry, from: try configuration.store(url))
            if isRepaired {
                Terminal.say("the catalogue of \(label) was fetched from \(url)")
            } else {
                Terminal.warn("the catalogue of \(label) was not repaired: the mirror has no sound one")
            }
            return isRepaired
        } catch {
            Terminal.warn("the catalogue of \(label) was not repaired: \(Complaint(error).message)")
            return false
        }
    }

    /// What mends artifacts that no mirror has.
    static func handOverHint(_ entries: [BackupState.Entry]) -> String {
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
            store: store, layout: MirrorLayout(dataset: configuration.dataset), identities: [])
        guard let key = try reader.artifact(entry.artifact) else {
            throw Complaint("the mirror does not have it", hint: Self.handOverHint([entry]), .notFound)
        }
        return key
    }

    private func fetchAnew(_ entry: BackupState.Entry) throws {
        let artifact = entry.artifact
        guard let url = configuration.mirror else {
            throw Complaint(
                "no mirror is configured, so \(artifact.name) cannot be fetched",
                hint: "set MIRROR, such as file:///srv/mirror", .usage)
        }
        let store = try configuration.store(url)
        let objectKey = try objectKey(of: entry, in: store)
        let target = path(of: entry)
        let fetched = target.sibling(".\(artifact.name).repairing")
        try SpaceCheck.server(configuration)
            .require(SpaceNeed("fetching \(artifact.name)", bytes: artifact.bytes), in: target.removingLastComponent())
        do {
            do {
                try fetch(objectKey, artifact, from: store, to: fetched)
            } catch MirrorError.objectDamaged(let key) {
                Terminal.warn("\(artifact.name) arrived with another hash and is fetched again")
                try fetch(key, artifact, from: store, to: fetched)
            }
            guard try configuration.state().entries[artifact.label]?.artifact == artifact else {
                throw Complaint("it was withdrawn meanwhile", .refused)
            }
            let aside = try ArtifactFile.replaceDamaged(target, by: fetched)
            if let aside { Terminal.say("\(target) was damaged; it is kept as \(aside)") }
        } catch {
            try? removeFile(fetched)
            throw error
        }
        var journal = try configuration.openJournal()
        _ = try configuration.record(
            .recordStoring(
                artifact.label, sha256: artifact.sha256, bytes: artifact.bytes, localPath: entry.localPath,
                objectKey: objectKey.text), in: &journal)
        Terminal.say("\(artifact.name) was fetched from \(url)")
    }

    private func fetch(
        _ key: ObjectKey, _ artifact: Artifact, from store: any ObjectStore, to path: FilePath
    ) throws {
        try removeFile(path)
        try makeDirectories(path.removingLastComponent())
        let file = try OpenFile(
            path, .readWrite, options: [.create, .exclusiveCreate, .noFollow], permissions: .ownerReadWrite)
        let report = ProgressReport("fetching \(artifact.name)", total: artifact.bytes)
        do {
            _ = try store.get(key, range: 0, limit: Int64(artifact.bytes), into: file) { report.reached(Int($0)) }
        } catch {
            report.finish()
            throw error.kind == .missing ? MirrorError.objectMissing(key) : MirrorError.store(error)
        }
        report.finish()
        try DurableFiles.check(fchmod(file.descriptor.rawValue, 0o440), "set the mode of", path)
        try file.synchronize()
        try file.close()
        guard try ArtifactFile.hash(path).sha256.hex == artifact.sha256 else { throw MirrorError.objectDamaged(key) }
    }
}

import ArgumentParser
import Artifacts
import Backup
import Digest
import DurableFiles
import JournalFormat
import JournalStore
import Machines
import SystemPackage

struct StoreCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "store",
        abstract: "Take artifacts that were pulled into the repository, each checked against the journal.",
        discussion: """
            Files that the journal does not know are left where they are and named. If copies of all of them would \
            use the reserve of the server's disk (RESERVE_BYTES), nothing is stored.

            Exit status: 0 stored, or there already · 1 a file is not what the journal says · 2 failed: the disk, too \
            little space · 6 refused: an artifact that the journal does not know · 7 no such directory · 64 usage
            """)

    @OptionGroup var options: ConfigurationOption
    @OptionGroup var output: JSONOption
    @Argument(help: "The directory that devjournal pull fetched into.")
    var directory: String

    func run() throws {
        let machine = try options.load()
        let source = FilePath(directory)
        guard pathExists(source) else { throw Complaint("there is no directory \(directory)", .notFound) }
        var journal = try machine.openJournal()
        var stored: [ArtifactName] = []
        var refused: [String] = []
        var found: [(path: FilePath, artifact: ArtifactName)] = []
        for folder in ["artifacts/anchors", "artifacts/incr"] {
            for name in try namesInDirectory(source.appending(folder)) ?? [] {
                let path = source.appending(folder).appending(name)
                guard let artifact = ArtifactName(name), artifact.localPath == "\(folder)/\(name)" else {
                    refused.append(path.string)
                    continue
                }
                found.append((path, artifact))
            }
        }
        // As they are when somebody has copied them there by hand.
        for name in try namesInDirectory(source) ?? [] {
            if let artifact = ArtifactName(name) { found.append((source.appending(name), artifact)) }
        }
        guard !found.isEmpty else {
            throw Complaint("there is no artifact in \(directory)", hint: "devjournal pull fetches them", .notFound)
        }
        try requireSpace(for: found, machine)
        for (path, artifact) in found where try store(path, artifact, machine, &journal) {
            stored.append(artifact)
        }
        try storeCatalogues(from: source, machine, try journal.replay.readableState())
        journal.close()
        for path in refused { Terminal.warn("\(path) is not an artifact's name; left alone") }
        if output.json {
            Terminal.json(["stored": .array(stored.map { .string($0.description) })])
        } else {
            Terminal.say("\(Plain.counted(stored.count, "artifact")) stored in \(machine.server.root)")
            for name in stored { Terminal.exact(machine.server.root.appending(name.localPath).string) }
        }
    }

    private func storeCatalogues(
        from source: FilePath, _ machine: Machine, _ state: BackupState
    ) throws {
        let catalogues = Catalogues(machine.server)
        for directory in [source.appending("catalogues"), source] {
            for name in try namesInDirectory(directory) ?? [] {
                guard let entry = state.order.first(where: { $0.catalogueName == name }).flatMap({ state.entries[$0] })
                else { continue }
                let path = directory.appending(name)
                if try catalogues.store(path, of: entry) {
                    try removeFile(path)
                } else {
                    Terminal.warn("\(path) is not the catalogue that the journal names; left alone")
                }
            }
        }
    }

    /// For all that has to be copied: nothing is stored where not everything fits.
    private func requireSpace(
        for found: [(path: FilePath, artifact: ArtifactName)], _ machine: Machine
    ) throws {
        let missing = found.map { ($0.path, machine.server.root.appending($0.artifact.localPath)) }
            .filter { !pathExists($0.1) }
        try SpaceCheck.server(machine)
            .requireMoving(
                "storing \(Plain.counted(missing.count, "artifact"))",
                missing.map { ($0.0, $0.1.removingLastComponent()) })
    }

    /// - Returns: whether it was missing or damaged before.
    private func store(
        _ path: FilePath, _ name: ArtifactName, _ machine: Machine, _ journal: inout Journal
    ) throws -> Bool {
        let state = try journal.replay.readableState()
        guard let entry = state.entries[name.label], entry.artifact.name == name else {
            if state.withdrawals.contains(where: { $0.name == name }) {
                Terminal.warn("\(name) was withdrawn; \(path) is left alone")
                return false
            }
            throw Complaint("the journal knows no \(name)", hint: "nothing unknown is stored; remove \(path)", .refused)
        }
        let (bytes, sha256) = try ArtifactFile.hash(path)
        guard sha256.hex == entry.artifact.sha256 else {
            throw Complaint(
                "\(path) is not what the journal says: its hash is \(sha256)",
                hint: "remove it and run devjournal pull again", .damaged)
        }
        let target = machine.server.root.appending(name.localPath)
        var isNew = !pathExists(target)
        if !isNew, try ArtifactFile.hash(target).sha256 != sha256 {
            // The repository's copy is damaged: it is set aside, never destroyed, and replaced by the sound one.
            let aside = target.sibling("\(name).damaged-\(Clock.now().milliseconds)")
            try renameToNewName(target, aside)
            isNew = true
            Terminal.warn("\(target) was damaged; it is kept as \(aside)")
        }
        try ArtifactFile.place(path, at: target, sha256: sha256)
        // An imported artifact may have stood elsewhere so far.
        if isNew || entry.localPath != name.localPath {
            _ = try machine.record(
                .recordStoring(
                    name.label, sha256: sha256.hex, bytes: bytes, localPath: name.localPath,
                    objectKey: entry.objectKey ?? "-"), in: &journal)
        }
        return isNew
    }
}

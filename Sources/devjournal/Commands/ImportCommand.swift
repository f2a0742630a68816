import ArgumentParser
import Backup
import Digest
import DurableFiles
import JournalFormat
import JournalStore
import Machines
import SystemPackage

struct ImportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Take the artifacts of a manifest from before the journal into the journal.",
        discussion: """
            FILE is tab-separated. Without a header its columns are ts label type parent bytes sha256 local_path \
            object_key, of which the last may be missing; with a header they may be in any order, and only label, \
            type, bytes and sha256 are required. Labels are 2026-01 or dev@2026-01; types full, anchor, incr or \
            incremental; - and an empty field mean nothing.

            Each file is searched where its row says, then below LS_ROOT, and its size and hash must be the row's. If \
            anything does not match, it is listed line by line and nothing is imported. A file outside of LS_ROOT \
            gets a name below it (a hard link, or a copy) and stays where it is. Only a journal without artifacts \
            takes an import; the same file again changes nothing.

            Exit status: 0 imported, or imported before · 1 a file is not what its row says · 2 failed · 6 refused: a \
            line that cannot be understood, a file that is missing, a journal that has artifacts · 7 no journal, no \
            FILE · 64 usage
            """)

    @OptionGroup var options: ConfigurationOption
    @OptionGroup var output: JSONOption
    @Argument(help: "The manifest.")
    var file: String
    @Flag(help: "Check everything and import nothing.")
    var dryRun = false

    func run() throws {
        let machine = try options.load()
        let path = FilePath(file)
        let bytes = try Account.given(path, limit: 1 << 26)
        let source = ManifestImport.Source(
            name: path.lastComponent?.string ?? "-", sha256: SHA256.hash(bytes.span).hex, bytes: bytes.count)
        var journal = try machine.openJournal()
        let state = try journal.replay.readableState()
        if state.importedManifest?.sha256 == source.sha256 {
            Terminal.say("\(path) was imported before; nothing changed")
            return show(state.order.count, isNew: false)
        }
        guard state.order.isEmpty else {
            throw Complaint(
                "the journal has \(state.order.count) registered artifacts already, so no manifest is imported",
                hint: "a manifest is imported once, into a journal without artifacts", .refused)
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw Complaint("\(path) is not UTF-8 text", .refused)
        }
        let artifacts = LegacyArtifacts(machine.server)
        let found = try check(LegacyManifest(parsing: text, dataset: machine.dataset), artifacts)
        let command = Command.importManifest(
            ManifestImport(source, found.map { ManifestImport.Row($0.row, localPath: $0.localPath) }))
        // Refused before anything is linked or copied.
        _ = try decide(command, state, thisMonth: machine.thisMonth())
        if dryRun {
            Terminal.say("\(Plain.counted(found.count, "artifact")) would be imported")
            return
        }
        try artifacts.requireSpace(for: found, .server(machine))
        for artifact in found { try artifacts.adopt(artifact) }
        _ = try machine.record(command, in: &journal)
        journal.close()
        show(found.count, isNew: true)
    }

    private func check(
        _ manifest: LegacyManifest, _ artifacts: LegacyArtifacts
    ) throws -> [LegacyArtifacts.Found] {
        var manifest = manifest
        var found: [LegacyArtifacts.Found] = []
        var isDamaged = false
        for row in manifest.rows {
            switch try artifacts.check(row) {
            case .found(let artifact): found.append(artifact)
            case .problem(let problem, let damaged):
                manifest.add(problem)
                isDamaged = isDamaged || damaged
            }
        }
        guard manifest.problems.isEmpty else {
            if output.json {
                Terminal.json([
                    "problems": .array(
                        manifest.problems.map {
                            .object(["line": .integer($0.line), "problem": .string($0.what)])
                        })
                ])
            } else {
                for problem in manifest.problems { Terminal.say("\(file), \(problem)") }
            }
            throw Complaint(
                "\(Plain.counted(manifest.problems.count, "problem")) in \(file); nothing was imported",
                hint: "correct the manifest or the files, and import it again", isDamaged ? .damaged : .refused)
        }
        return found
    }

    private func show(_ artifacts: Int, isNew: Bool) {
        if output.json {
            Terminal.json(["artifacts": .integer(artifacts), "new": .bool(isNew)])
        } else if isNew {
            Terminal.say("\(Plain.counted(artifacts, "artifact")) imported")
        }
    }
}

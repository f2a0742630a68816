import ArgumentParser
import Artifacts
import Backup
import BackupJournal
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
        do {
            show(try LegacyImport(machine).run(path, bytes, isRehearsal: dryRun), path)
        } catch let error as ImportError {
            showProblems(of: error)
            throw error
        }
    }

    private func show(_ outcome: LegacyImport.Outcome, _ path: FilePath) {
        switch outcome {
        case .importedBefore(let artifacts):
            Terminal.say("\(path) was imported before; nothing changed")
            if output.json { Terminal.json(["artifacts": .integer(artifacts), "new": .bool(false)]) }
        case .wouldBeImported(let artifacts):
            Terminal.say("\(Plain.counted(artifacts, "artifact")) would be imported")
        case .imported(let artifacts):
            if output.json {
                Terminal.json(["artifacts": .integer(artifacts), "new": .bool(true)])
            } else {
                Terminal.say("\(Plain.counted(artifacts, "artifact")) imported")
            }
        }
    }

    private func showProblems(of error: ImportError) {
        guard case .problems(let problems, _, _) = error else { return }
        if output.json {
            Terminal.json([
                "problems": .array(
                    problems.map { .object(["line": .integer($0.line), "problem": .string($0.what)]) })
            ])
        } else {
            for problem in problems { Terminal.say("\(file), \(problem)") }
        }
    }
}

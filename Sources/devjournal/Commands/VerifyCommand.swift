import ArgumentParser
import Backup
import BackupJournal
import DurableFiles
import JournalFormat
import JournalStore
import Machines
import SystemPackage

struct VerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Check the journal: every line, every signature, every remembered head.",
        discussion: """
            If the journal succeeds another one, the lines kept of the old one are checked too (`before`, in JSON: \
            sound, missing or damaged). If they are damaged, so is the verdict; `reason` and `record`, which are \
            about the journal's own lines, may then be null.

            If this machine has no server's journal, or --journal names the replica, the workstation's replica is \
            checked: the pinned root must vouch for it, and it must contain the heads that the workstation remembers.

            With --proof it checks only a proof that devjournal prove printed, and reads nothing else.

            Exit status: 0 sound · 1 damaged or forged · 3 torn tail · 4 sound with warnings · not judged: 2 failed · \
            7 no journal, no such file · 64 usage
            """)

    @OptionGroup var options: ConfigurationOption
    @OptionGroup var output: JSONOption
    @Option(help: "The journal's directory (default: LS_ROOT/journal, else the replica).")
    var journal: String?
    @Option(help: "The fingerprint of the root that must vouch for the journal: it opened it or started an epoch.")
    var root: String?
    @Option(help: "A file of signed checkpoints that a witness remembers.")
    var head: String?
    @Option(help: "Check this proof, with --root and, if it starts from an older checkpoint, --head.")
    var proof: String?

    func validate() throws {
        if proof != nil, journal != nil { throw ValidationError("--proof goes without --journal") }
    }

    func run() throws {
        let pinned = try root.map { try KeyID(typed: $0) }
        if let proof { return try judge(ProofReport(proof, pinnedRoot: pinned, head: head)) }
        var readable = try readable()
        if let pinned { readable.pinnedRoot = pinned }
        let judged = try readable.judge(heads: head)
        if output.json { Terminal.json(judged.json) } else { Terminal.lines(judged.story) }
        let status: ExitStatus =
            switch judged.kind {
            case .sound: .done
            case .damaged: .damaged
            case .torn: .tornTail
            case .warnings: .warnings
            }
        throw ExitCode(status.rawValue)
    }

    private func judge(_ report: ProofReport) throws {
        do {
            let shown = try report.judge()
            if output.json { Terminal.json(report.json(shown)) } else { Terminal.lines(report.story(shown)) }
        } catch let error as ProofError {
            // Data, not an error message: evidence that somebody else can check.
            if let evidence = error.evidence { Terminal.exact(evidence) }
            throw error
        }
    }

    /// A directory that was named is judged on a machine without a configuration, too.
    private func readable() throws -> ReadableJournal {
        guard let journal, options.config == nil else {
            return try ReadableJournal(try journal == nil ? options.load() : options.read(), named: journal)
        }
        guard let machine = try? options.read() else {
            return ReadableJournal(JournalDirectory(FilePath(journal)))
        }
        return try ReadableJournal(machine, named: journal)
    }
}

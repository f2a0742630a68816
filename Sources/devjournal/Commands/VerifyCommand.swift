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

            With --due it also says whether the server has fallen silent: every checkpoint names a time by which the \
            next one is due, whether or not anything was recorded. The newest deadline counts, of the journal's own \
            checkpoint and of all heads; one that is more than 7 days ahead is not believed.

            With --policy (C2SP tlog-policy) a checkpoint must be cosigned by the witnesses that the file asks for. That \
            shows what no machine of your own can: that nobody else was shown another history. With --due, too, the \
            deadline of a checkpoint that meets the policy counts, and no other: so a history that was set back or that \
            witnesses refuse is noticed, at the latest when that deadline has passed.

            With --vkey it judges the checkpoints of --head by themselves, on any machine: no journal is read.

            With --proof it checks only a proof that devjournal prove printed, and reads nothing else.

            Exit status: 0 sound · 1 damaged or forged · 3 torn tail · 4 sound with warnings · 18 sound, but the server \
            is silent · 19 sound, but not witnessed as the policy asks · not judged: 2 failed · 7 no journal, no such \
            file · 64 usage
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
    @Flag(help: "Say whether the server is silent: whether the next checkpoint is overdue.")
    var due = false
    @Option(help: "Ask for the cosignatures that this policy file names.")
    var policy: String?
    @Option(help: "Judge the checkpoints of --head alone, with this sequencer's verifier key.")
    var vkey: String?

    func validate() throws {
        if proof != nil, journal != nil { throw ValidationError("--proof goes without --journal") }
        if proof != nil, due || policy != nil || vkey != nil {
            throw ValidationError("--proof goes without --due, --policy and --vkey")
        }
        guard vkey != nil else { return }
        if head == nil { throw ValidationError("--vkey needs --head") }
        if journal != nil || root != nil { throw ValidationError("--vkey goes without --journal and --root") }
    }

    func run() throws {
        let pinned = try root.map { try KeyID(typed: $0) }
        if let proof { return try judge(ProofReport(proof, pinnedRoot: pinned, head: head)) }
        let question = try NoteJudgement.Question(due: due, policy: policy, now: Clock.now())
        if let vkey, let head { return try judgeNotes(head, signedBy: vkey, question) }
        var readable = try readable()
        if let pinned { readable.pinnedRoot = pinned }
        let judged = try readable.judge(heads: head, question)
        if output.json { Terminal.json(judged.json) } else { Terminal.lines(judged.text) }
        let status: ExitStatus =
            switch judged.kind {
            case .damaged: .damaged
            case .torn: .tornTail
            case .sound: judged.notes?.status ?? .done
            case .warnings: judged.notes?.status ?? .warnings
            }
        throw ExitCode(status.rawValue)
    }

    private func judgeNotes(_ head: String, signedBy key: String, _ question: NoteJudgement.Question) throws {
        do {
            let report = try NoteReport(head, signedBy: key, question)
            if output.json { Terminal.json(report.json) } else { Terminal.lines(report.text) }
            throw ExitCode((report.judgement.status ?? .done).rawValue)
        } catch let error as NoteError {
            if let evidence = error.evidence { Terminal.exact(evidence) }
            throw error
        }
    }

    private func judge(_ report: ProofReport) throws {
        do {
            let shown = try report.judge()
            if output.json { Terminal.json(report.json(shown)) } else { Terminal.lines(report.text(shown)) }
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

extension NoteJudgement {
    /// Nil where nothing is missing of what was asked.
    fileprivate var status: ExitStatus? {
        if isUnwitnessed { return .unwitnessed }
        return isSilent ? .silent : nil
    }
}

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
        commandName: "verify", abstract: "Judge the journal: every line, every signature, every remembered head.",
        discussion: """
            Where the journal succeeds another, the lines kept of that one are judged too (`before`, in JSON: sound, \
            missing or damaged). If they are damaged, so is the verdict; `reason` and `record`, which speak of the \
            journal's own lines, may then be null.

            Where there is no journal of a server, or --journal names it, the workstation's replica is judged: the \
            pinned root must vouch for it, and it must contain the heads that the workstation remembers.

            With --proof only a proof that devjournal prove printed is judged, and nothing else is read.

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
    @Option(help: "Judge this proof, with --root and, where it starts from an older checkpoint, --head.")
    var proof: String?

    func validate() throws {
        if proof != nil, journal != nil { throw ValidationError("--proof goes without --journal") }
    }

    func run() throws {
        let pinned = try root.map { text in
            guard let id = KeyID(text) else {
                throw Complaint("\(text) is no fingerprint", hint: "32 lower-case hex digits", .usage)
            }
            return id
        }
        if let proof {
            return try ProofReport(proof, pinnedRoot: pinned, head: head).run(asJSON: output.json)
        }
        var readable = try readable()
        if let pinned { readable.pinnedRoot = pinned }
        let verdict = try judge(readable)
        let before = try verdict.succession.map { succession in
            (kept: try readable.directory.judgePredecessor(succession), succession: succession)
        }
        let isDamagedBefore = if case .damaged = before?.kept { true } else { false }
        let kind = isDamagedBefore ? .damaged : verdict.kind
        if output.json {
            var json = verdict.json
            json["verdict"] = .string(kind.rawValue)
            json["before"] = before.map { .string($0.kept.word) }
            Terminal.json(json)
        } else {
            if isDamagedBefore, verdict.kind != .damaged {
                Terminal.data("damaged: the lines kept of the journal before this one; this one itself:")
            }
            Terminal.lines(verdict.story)
            if let before { Terminal.lines("before: \(before.kept.story(before.succession))") }
        }
        let status: ExitStatus =
            switch kind {
            case .sound: .done
            case .damaged: .damaged
            case .torn: .tornTail
            case .warnings: .warnings
            }
        throw ExitCode(status.rawValue)
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

    private func judge(_ journal: ReadableJournal) throws -> Verdict {
        guard let head else { return try journal.verdict(heads: []) }
        let bytes = try Account.given(FilePath(head), limit: 1 << 20)
        let (heads, refusal) = SignedCheckpoint.parseLeading(bytes)
        let verdict = try journal.verdict(heads: heads)
        // The journal may be sound, but what it was to be held against cannot be read.
        return refusal.map { verdict.failing(Damage(record: 0, $0.reason)) } ?? verdict
    }
}

extension Verdict {
    var json: JSONObject {
        func text(_ value: (some CustomStringConvertible)?) -> JSONValue {
            value.map { .string($0.description) } ?? .null
        }
        func number(_ value: Int?) -> JSONValue { value.map { .integer($0) } ?? .null }
        return [
            "verdict": .string(kind.rawValue), "records": .integer(records), "epoch": number(epoch),
            "log": text(log), "root": text(root), "root_pinned": .bool(isRootPinned), "head": text(head),
            "merkle_root": text(merkleRoot), "checkpoint": number(checkpoint),
            "reason": text(finding?.reason.rawValue), "record": number(finding?.record),
            "warnings": .array(
                warnings.map { .object(["record": .integer($0.record), "reason": .string($0.reason.rawValue)]) }),
            "torn_bytes": .integer(tornBytes), "root_retired": number(pinnedRootRetiredAt),
            "root_replaced": number(replacement?.record),
        ]
    }

    private var rootStory: [String] {
        guard let root else { return [] }
        guard let pinnedRoot else { return ["root: \(root), believed from record 1; give --root to be sure"] }
        if finding?.reason == .root { return ["root: \(root), not the one expected"] }
        if finding?.reason == .rootReplaced { return ["root: \(pinnedRoot), the one expected, until it was replaced"] }
        var lines = ["root: \(root), the one expected"]
        if pinnedRoot != root {
            lines = ["root: \(root); the one expected, \(pinnedRoot), came later and started an epoch"]
        }
        if let seq = pinnedRootRetiredAt {
            lines.append("note: the root expected was retired by record \(seq); remember the one that followed it")
        }
        return lines
    }

    private var replacementStory: [String] {
        guard let replacement else { return [] }
        let endorsers = replacement.endorsers.map(\.description).joined(separator: ", ")
        var lines = [
            "note: record \(replacement.record) replaced the root by \(replacement.root), endorsed by \(endorsers); "
                + "no old root agreed"
        ]
        if finding?.reason == .rootReplaced {
            lines.append(
                "what to do: ask whoever runs the journal why; compare the new fingerprint with the new kit or the "
                    + "server's own screen, not over the network; then: devjournal verify --root NEW")
        }
        return lines
    }

    /// What was checked, what was found, and what nobody can know from these files alone.
    var story: String {
        var lines: [String] = []
        switch kind {
        case .sound: lines.append("sound: \(Plain.counted(records, "record")), every signature checked")
        case .warnings:
            lines.append("sound with warnings: \(Plain.counted(records, "record")), every signature checked")
        case .torn:
            lines.append(
                "torn tail: \(Plain.counted(records, "sound record")), then \(Plain.counted(tornBytes, "byte")) of a line not written to its end"
            )
        case .damaged: lines.append("damaged: \(finding?.description ?? "")")
        }
        for warning in warnings {
            lines.append("warning: record \(warning.record): \(warning.reason.rawValue): \(warning.reason.explanation)")
        }
        if warnings.contains(where: { $0.reason == .authorSkew }) {
            lines.append(
                "note: an event keeps its date for ever, and so its warning; devjournal audit names whose it is, and "
                    + "devjournal audit sign records that a person has seen it")
        }
        if let refusal { lines.append("note: projections refuse this journal: \(refusal)") }
        if let epoch { lines.append("epoch: \(epoch)") }
        lines += rootStory + replacementStory
        if let head { lines.append("head: record \(records), \(head)") }
        if let merkleRoot { lines.append("merkle root: \(merkleRoot)") }
        if let checkpoint { lines.append("checkpoint: covers \(Plain.counted(checkpoint, "record")) and matches") }
        lines.append("not knowable here: whether records after the last remembered head were cut off")
        return lines.joined(separator: "\n")
    }
}

import Age
import ArgumentParser
import Artifacts
import Backup
import BackupJournal
import DurableFiles
import JournalFormat
import JournalStore
import Machines
import Mirror
import ObjectStore

struct PushCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "push",
        abstract: "Bring the mirror up to the journal: artifacts, segments, manifests, checkpoint.",
        discussion: """
            --dry-run prints each artifact that would be uploaded; then objects, bytes, requests and what Cloudflare \
            R2 would charge for this push and for a month of the bucket. Refused conditional writes are billed too and \
            counted; what has to be sent again over a bad network is not foreseen.
            --check changes nothing: it checks a listing of the mirror against the journal and names what is missing, \
            damaged (another size or hash), stale (the checkpoint was set back) or foreign, with the command that \
            mends it. --deep fetches every object and hashes it, at the price of a whole download. --repair brings \
            again what the journal says is there and is not. A checkpoint that is missing, or cannot be read, is only \
            written again with --restore-checkpoint: whether this journal is the right one, a person has to know. One \
            that cannot be read is kept in LS_ROOT/manifests. What looks missing, damaged or foreign is read twice \
            before it is called so.

            An artifact that is missing or damaged here and not mirrored yet is left out, recorded (artifact.verified) \
            and named with what mends it; the others, the journal and the checkpoint are brought all the same. Where \
            the mirror has it from a push that was cut off, that is recorded, and scrub --repair fetches it. One that \
            is withdrawn meanwhile is left out, too.

            Exit status: 0 done, nothing is wrong · 2 failed · 4 only foreign objects (--check) · 7 no journal, \
            nothing mirrored · 9 the mirror refused, holds another history or cannot be reached · 11 an artifact is \
            missing or damaged here: mend it, then run it again; something is missing, damaged or stale there \
            (--check) · 15 --lock-timeout passed · 64 usage
            """)

    @OptionGroup var options: ConfigurationOption
    @OptionGroup var output: JSONOption
    @OptionGroup var endpoint: EndpointOption
    @Flag(help: "Say what would be uploaded and change nothing.")
    var dryRun = false
    @Flag(help: "Make the mirror's directory where there is none (never needed for one that was there before).")
    var create = false
    @Flag(help: "Write the checkpoint again where the mirror has lost it and this journal is known to be right.")
    var restoreCheckpoint = false
    @Flag(help: "Check what is stored there against the journal and change nothing.")
    var check = false
    @Flag(help: "With --check or --repair: fetch every object and hash it.")
    var deep = false
    @Flag(help: "Bring again what the journal says is there, where it is missing or has another size or hash.")
    var repair = false

    func validate() throws {
        if deep, !check, !repair { throw ValidationError("--deep goes with --check or --repair") }
        if check || dryRun, create || restoreCheckpoint || repair || (check && dryRun) {
            throw ValidationError("--check and --dry-run change nothing: they go with no other flag that does")
        }
    }

    func run() throws {
        let machine = try options.load(endpoint)
        let server = machine.server
        let url = try machine.mirrorURL()
        let reader = MirrorReader(
            store: try create ? machine.newStore(url) : machine.store(url),
            layout: MirrorLayout(dataset: machine.dataset),
            identities: try AgeKeyFiles(server).read())
        if dryRun { return try PushPreview(machine, reader).show(asJSON: output.json) }
        let lock = try FileLock.ofWork(server.mirrorLock, "another push")
        if check { return try MirrorChecking(machine, reader).run(isDeep: deep, asJSON: output.json) }
        if pathExists(server.unverifiedKit) {
            Terminal.warn("no copy of the recovery kit was verified yet: devjournal kit verify COPY")
        }
        let push = Push(
            reader, recipients: try recipients(machine), root: server.root,
            restoresCheckpoint: restoreCheckpoint, repair: repair ? (deep ? .fetched : .listed) : .nothing)
        var shown: ProgressReport?
        defer { shown?.finish() }
        let report = try push.run {
            try machine.openJournal($0)
        } record: { command, journal in
            _ = try machine.record(command, in: &journal)
        } progress: { entry in
            shown?.finish()
            Terminal.say("uploading \(entry.artifact.name), \(Terminal.bytes(entry.artifact.bytes))")
            let report = ProgressReport("uploading \(entry.artifact.name)", total: entry.artifact.bytes)
            shown = report
            return { report.reached(Int($0)) }
        }
        lock.unlock()
        if let kept = report.keptCheckpoint {
            Terminal.warn("the mirror's checkpoint could not be read and was replaced; it is kept as \(kept)")
        }
        show(report)
        try tellUnsound(report)
    }

    private func tellUnsound(_ report: PushReport) throws {
        if !report.unsoundCatalogues.isEmpty {
            let labels = Plain.list(report.unsoundCatalogues.map(\.description))
            Terminal.warn(
                "the catalogue is missing or damaged here, and not brought, of \(labels); restores do not need it")
        }
        let unsound = report.unsound
        guard !unsound.isEmpty else { return }
        var parts: [String] = []
        var hints: [String] = []
        var lost: [BackupState.Entry] = []
        for artifact in unsound {
            let name = artifact.entry.artifact.name
            switch artifact.problem {
            case .here(let condition, isMirrored: true):
                parts.append("\(name) is \(condition.rawValue) here, and whole in the mirror")
                hints.append("devjournal scrub --repair")
            case .here(let condition, isMirrored: false):
                parts.append("\(name) is \(condition.rawValue) here, and not mirrored")
                lost.append(artifact.entry)
            case .there:
                parts.append("the mirror has something else in the place of \(name)")
                hints.append("devjournal push --repair")
            }
        }
        if !lost.isEmpty { hints.append(ArtifactRepair.handOverHint(lost)) }
        throw Complaint(
            "all else is mirrored, but \(Plain.list(parts))",
            hint: hints.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }.joined(separator: "; "), .incomplete)
    }

    private func recipients(_ machine: Machine) throws -> [AgeRecipient] {
        var recipients: [AgeRecipient] = []
        for text in try machine.openJournal(.resuming(.anything)).replay.readableState().recipients {
            recipients.append(try AgeRecipient(text))
        }
        guard !recipients.isEmpty else { throw Complaint("the journal names no age recipient", .refused) }
        return recipients
    }

    private func show(_ report: PushReport) {
        let bytes = report.uploaded.reduce(0) { $0 + $1.bytes }
        if output.json {
            Terminal.json([
                "artifacts": .integer(report.uploaded.count), "bytes": .integer(bytes),
                "segments": .integer(report.segments),
                "unsound": .array(
                    report.unsound.map { artifact in
                        var json: JSONObject = ["label": .string(artifact.entry.artifact.label.description)]
                        switch artifact.problem {
                        case .here(let condition, let isMirrored):
                            json["result"] = .string(condition.rawValue)
                            json["mirrored"] = .bool(isMirrored)
                        case .there:
                            json["result"] = .string("ok")
                            json["mirrored"] = .bool(false)
                        }
                        return .object(json)
                    }),
                "checkpoint": (report.checkpoint?.checkpoint.size).map { .integer($0) } ?? .null,
            ])
        } else if let checkpoint = report.checkpoint?.checkpoint {
            Terminal.say(
                "\(Plain.counted(report.uploaded.count, "artifact")) (\(Terminal.bytes(bytes))) uploaded; "
                    + "the mirror's checkpoint covers \(Plain.counted(checkpoint.size, "record"))")
        } else {
            Terminal.say("the mirror is up to date")
        }
    }
}

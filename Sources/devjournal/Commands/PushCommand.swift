import ArgumentParser
import Artifacts
import Backup
import BackupJournal
import JournalFormat
import Machines
import Mirror
import VisibleText

struct PushCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "push",
        abstract: "Bring the mirror up to date with the journal: artifacts, records, manifests, checkpoint.",
        discussion: """
            --dry-run prints each artifact that would be uploaded; then objects, bytes, requests and what Cloudflare \
            R2 would charge for this push and for a month of the bucket. It counts refused conditional writes, which \
            are billed too, but not what a bad network makes it send again.
            --check changes nothing: it checks a listing of the mirror against the journal and names what is missing, \
            damaged (another size or hash), stale (the checkpoint was set back) or foreign, with the command that \
            repairs it. --deep fetches every object and hashes it, at the price of a whole download. --repair uploads \
            again what the journal says is there and is not. A checkpoint that is missing, or cannot be read, is \
            written again only with --restore-checkpoint, because a person has to know that this journal is the right \
            one. One that cannot be read is kept in LS_ROOT/manifests. What looks missing, damaged or foreign is read \
            twice before it is reported.

            --journal brings the journal alone, without artifacts, and lists nothing: it commits what is new, then \
            looks again, until the journal grows no more. Between two commits are at least PUSH_INTERVAL seconds \
            (default 30). While the mirror cannot be reached it tries again for ten minutes. One process at a time \
            does this; another one leaves at once, with 0, because the first looks again before it ends. \
            devjournal-follow@DATASET.path starts it when the journal has grown; without systemd, run it when \
            LS_ROOT/journal/grown is there. --json prints a line for each commit.

            An artifact that is missing or damaged here and not mirrored yet is left out, recorded \
            (artifact.verified) and named with what repairs it; the others, the journal and the checkpoint are \
            uploaded. If the mirror has it from a push that was cut off, that is recorded, and scrub --repair fetches \
            it. One that is withdrawn meanwhile is left out, too.

            Exit status: 0 done, nothing is wrong · 2 failed · 4 only foreign objects (--check) · 7 no journal, \
            nothing mirrored · 9 the mirror refused, holds another history or cannot be reached · 11 an artifact is \
            missing or damaged here: repair it, then run it again; something is missing, damaged or stale there \
            (--check) · 15 --lock-timeout passed · 64 usage
            """)

    @OptionGroup var options: ConfigurationOption
    @OptionGroup var output: JSONOption
    @OptionGroup var endpoint: EndpointOption
    @Flag(help: "Say what would be uploaded and change nothing.")
    var dryRun = false
    @Flag(help: "Make the mirror's directory if it does not exist (never needed for a mirror that existed before).")
    var create = false
    @Flag(help: "Write the checkpoint again if the mirror has lost it and you know that this journal is right.")
    var restoreCheckpoint = false
    @Flag(help: "Bring the journal alone, again and again until it grows no more.")
    var journal = false
    @Flag(help: "Check what is stored there against the journal and change nothing.")
    var check = false
    @Flag(help: "With --check or --repair: fetch every object and hash it.")
    var deep = false
    @Flag(help: "Upload again what the journal says is there, if it is missing or has another size or hash.")
    var repair = false

    func validate() throws {
        if deep, !check, !repair { throw ValidationError("--deep goes with --check or --repair") }
        if journal, check || dryRun || create || restoreCheckpoint || repair {
            throw ValidationError("--journal goes with no other flag")
        }
        if check || dryRun, create || restoreCheckpoint || repair || (check && dryRun) {
            throw ValidationError("--check and --dry-run change nothing: they go with no other flag that does")
        }
    }

    private func follow() throws {
        var last: MirrorFollowing.Commit?
        let asJSON = output.json
        let following = try MirrorFollowing(try options.load(endpoint)) { commit in
            last = commit
            if asJSON { Terminal.json(commit.json) }
        }
        let isOurs = try following.run()
        if asJSON { return }
        if let last {
            Terminal.say("the mirror's checkpoint covers \(Plain.counted(last.checkpoint.size, "record"))")
        } else {
            Terminal.say(isOurs ? "the mirror has all of the journal" : "another process follows the journal")
        }
    }

    func run() throws {
        if journal { return try follow() }
        let machine = try options.load(endpoint)
        if dryRun { return show(try MirrorPush(machine).preview()) }
        if check { return try show(try MirrorPush(machine).check(isDeep: deep)) }
        try JobPings.around(.push, machine) {
            let report = try MirrorPush(machine, creates: create).run(
                restoresCheckpoint: restoreCheckpoint, repair: repair ? (deep ? .fetched : .listed) : .nothing)
            show(report)
            if let failure = report.failure { throw failure }
        }
    }

    // MARK: What it says

    private func show(_ report: PushReport) {
        if output.json {
            Terminal.json(report.json)
        } else if let checkpoint = report.checkpoint?.checkpoint {
            Terminal.say(
                "\(Plain.counted(report.uploaded.count, "artifact")) (\(Terminal.bytes(report.bytes))) uploaded; "
                    + "the mirror's checkpoint covers \(Plain.counted(checkpoint.size, "record"))")
        } else {
            Terminal.say("the mirror is up to date")
        }
        if !report.unsoundCatalogues.isEmpty {
            let labels = Plain.list(report.unsoundCatalogues.map(\.description))
            Terminal.warn(
                "the catalogue is missing or damaged here, and not brought, of \(labels); restores do not need it")
        }
    }

    private func show(_ preview: PushPreview) {
        if output.json { return Terminal.json(preview.json) }
        for entry in preview.missing { Terminal.data("\(entry.artifact.name)\t\(entry.artifact.bytes)") }
        let estimate = preview.estimate
        Terminal.say(
            "\(Plain.counted(preview.missing.count, "artifact")) and the journal would be uploaded: "
                + "\(Plain.counted(estimate.newObjects, "new object")), \(Terminal.bytes(estimate.newBytes)), with at most "
                + "\(estimate.requests.classA) requests of class A and \(estimate.requests.classB) of class B")
        Terminal.say(
            "Cloudflare R2 would charge \(preview.now) for that, and \(preview.month) a month for the "
                + "\(Terminal.bytes(preview.storedBytes + estimate.newBytes)) that are then stored (\(R2Prices.free))")
    }

    private func show(_ check: MirrorChecking) throws {
        let report = check.report
        if output.json { Terminal.json(check.json) } else { show(report) }
        if let failure = check.failure { throw failure }
        if !report.findings.isEmpty { throw ExitCode(ExitStatus.warnings.rawValue) }
    }

    private func show(_ report: MirrorCheckReport) {
        for finding in report.findings {
            Terminal.data(
                "\(finding.kind.rawValue)\t\(VisibleText.line(finding.name))\t\(VisibleText.line(finding.detail))")
        }
        Terminal.say(
            "\(Plain.counted(report.sound.objects, "object")) (\(Terminal.bytes(report.sound.bytes))) as the journal says, "
                + (report.isDeep ? "each fetched and hashed" : "by keys and sizes")
                + (report.superseded > 0
                    ? "; \(Plain.counted(report.superseded, "piece")) of what full segments hold" : ""))
        if report.pending.artifacts > 0 || report.pending.records > 0 {
            Terminal.say(
                "not pushed yet: \(Plain.counted(report.pending.artifacts, "artifact")), "
                    + Plain.counted(report.pending.records, "record"))
        }
    }
}

import ArgumentParser
import Artifacts
import Backup
import DurableFiles
import JournalFormat
import JournalStore
import Machines
import SystemPackage

struct ScrubCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "scrub",
        abstract: "Check the server's artifacts against the hashes in the journal, a fraction a run.",
        discussion: """
            Run it every day: it begins with the artifact whose last check is the oldest, and ends when it has read \
            its share. Each result is recorded (artifact.verified). For a damaged or missing artifact it names the \
            labels that cannot be restored without it; --repair fetches it again from the mirror and keeps the \
            damaged file next to it. If it was never mirrored, a workstation hands it over again at its next month, \
            as long as its spool has it; if nobody has it any more, withdraw it (devjournal withdraw).

            An artifact that this user may not read is named but not recorded, and the others are checked. One that \
            is withdrawn meanwhile is left out. After a rebuild from the mirror, artifacts that only the mirror has \
            are counted, and are not damage; devjournal fetch brings them. Prints one line for each: label, result \
            (ok, damaged, missing, mirrored, unread), bytes, file.

            Exit status: 0 all that was checked is sound, or was repaired · 1 something is damaged or missing · 2 \
            failed, or something could not be read · 7 no journal, no such label · 64 usage
            """)

    @OptionGroup var options: ConfigurationOption
    @OptionGroup var output: JSONOption
    @OptionGroup var endpoint: EndpointOption
    @Argument(help: "Only these: latest, 2026-01 or dev@2026-01 (default: what is due).")
    var labels: [String] = []
    @Option(help: "How long a check counts, such as 30d or 12h.")
    var every = "30d"
    @Option(help: "The most to read in this run, in percent of all bytes; at least one artifact is checked.")
    var share = 10
    @Flag(help: "Check everything now.")
    var all = false
    @Flag(help: "Fetch what is damaged or missing from the mirror.")
    var repair = false

    func validate() throws {
        if !(1...100).contains(share) { throw ValidationError("--share is a percentage, 1 to 100") }
        if all, !labels.isEmpty { throw ValidationError("labels or --all, not both") }
    }

    func run() throws {
        guard let every = TimeExpression.duration(every) else {
            throw Complaint("--every \(every) is not a duration", hint: "such as 30d, 12h or 90m", .usage)
        }
        let machine = try options.load(endpoint)
        try JobPings.around(.scrub, machine) { try run(machine, every: every) }
    }

    private func run(_ machine: Machine, every: Int) throws {
        try machine.requireServer()
        let state = try machine.state()
        let plan = try Scrub.plan(labels, every: all ? 0 : every, share: all ? 100 : share, state, machine)
        let report = try Scrub.run(plan, state, machine, repairs: repair) { finding in
            if output.json { return }
            Terminal.data("\(finding.label)\t\(finding.text)\t\(finding.artifact.bytes)\t\(finding.artifact.name)")
        }
        if output.json {
            Terminal.json(report.json)
            if let failure = report.failure { throw ExitCode(ExitStatus(failure.kind).rawValue) }
        } else {
            show(report)
            if let failure = report.failure { throw failure }
        }
    }

    private func show(_ report: ScrubReport) {
        let left = report.left
        Terminal.say(
            "\(Plain.counted(report.checked, "artifact")) checked"
                + (left > 0 ? ", \(left) more are due" : report.findings.isEmpty ? ": none is due" : ""))
        let away = report.onlyMirrored.count
        if away > 0 {
            Terminal.say(
                "\(Plain.counted(away, "artifact")) not on this server since it was rebuilt, only in the mirror; "
                    + "devjournal fetch brings \(away == 1 ? "it" : "them")")
        }
    }
}

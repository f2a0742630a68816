import ArgumentParser
import Backup
import BackupJournal
import Digest
import JournalFormat
import JournalStore
import Machines

struct AuditCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit", abstract: "Show what happened, month by month, and what a reviewer should know.",
        discussion: """
            Every signature is checked first. Findings are "missing" (an event that is expected is not there) or \
            "notable". A reviewer who has read them signs up to a record; the next audit begins after it and leaves \
            out the findings that were signed.

            Exit status: 0 nothing is missing · 1 damaged or forged · 2 failed · 3 torn tail · 4 something expected is \
            missing · 6 refused · 7 no journal, no such record · 64 usage
            """,
        subcommands: [AuditReportCommand.self, AuditSignCommand.self], defaultSubcommand: AuditReportCommand.self)
}

struct AuditReportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report", abstract: "Show each month and the findings (what audit alone does).",
        discussion: """
            Rules and their numbers: an operation without its counterpart counts as missing after --grace (uploads: \
            after 14 days) or when a later month has begun, and as notable before; an author's clock may differ by 24 \
            hours; a silence is more than 45 days; an artifact is an outlier above four times or below a quarter of \
            the median of its type before it, if they are more than 1 MiB apart; a drill, or a restore whose tree was \
            compared with the sealed one, counts for 183 days; the server's copy of an artifact should be checked \
            (devjournal scrub) every 92 days. Each finding names what ends it (--json: remedy).

            Exit status: 0 nothing is missing · 1 damaged or forged · 2 failed · 3 torn tail · 4 something expected is \
            missing · 7 no journal · 64 usage
            """)

    @OptionGroup var options: ConfigurationOption
    @OptionGroup var output: JSONOption
    @Flag(help: "From the first record on, with the findings that were signed.")
    var all = false
    @Option(help: "How long an operation may wait for its counterpart, such as 0s, 12h or 3d.")
    var grace = "1d"

    func run() throws {
        let machine = try options.load()
        var limits = AuditLimits()
        guard let length = TimeExpression.duration(grace) else {
            throw Complaint("--grace \(grace) is not a duration", hint: "such as 0s, 12h or 3d", .usage)
        }
        limits.grace = length
        if length == 0 { limits.uploadGrace = 0 }
        let journal = try ReadableJournal(machine)
        let (audit, tornBytes, _) = try Auditing(machine, journal).run(limits)
        let report = audit.report(now: machine.now(), thisMonth: machine.thisMonth(), all: all)
        if output.json { Terminal.json(report.json(tornBytes: tornBytes)) } else { Terminal.lines(report.text) }
        if tornBytes > 0 { Terminal.warn(journal.tailWarning(tornBytes)) }
        // As verify has it: a torn tail goes before what is sound and only lacks something.
        if tornBytes > 0 { throw ExitCode(ExitStatus.tornTail.rawValue) }
        if report.isSomethingMissing { throw ExitCode(ExitStatus.warnings.rawValue) }
    }
}

struct AuditSignCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sign", abstract: "Record that a person has read the journal up to a record.",
        discussion: """
            The findings about records up to there go into the review.signed event, and audits leave them out from \
            then on. Findings about the present stay until they are resolved. Prints the receipt.

            Exit status: 0 signed · 1 damaged or forged: nothing is signed · 6 signed already, or too many findings \
            for one record · 7 no such record · 64 usage
            """)

    @OptionGroup var options: ConfigurationOption
    @OptionGroup var output: JSONOption
    @Option(help: ArgumentHelp("The last record that was read.", valueName: "seq"))
    var upTo: Int
    @Option(help: ArgumentHelp("Who has read it.", valueName: "name"))
    var reviewer: String

    func run() throws {
        let machine = try options.load()
        let (review, receipts) = try Auditing(machine, try ReadableJournal(machine)).sign(upTo: upTo, by: reviewer)
        Terminal.say("\(Plain.counted(review.findings.count, "finding")) up to record \(upTo) signed by \(reviewer)")
        for receipt in receipts { receipt.show(asJSON: output.json) }
    }
}

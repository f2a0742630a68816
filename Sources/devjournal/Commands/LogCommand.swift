import ArgumentParser
import Backup
import BackupJournal
import JournalFormat
import JournalStore
import Machines
import SystemPackage

struct LogCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "log", abstract: "List the records.",
        discussion: """
            A filter may be given more than once: a record has to match one of its values, and it has to match all \
            filters. A FIELD of --where is a member of the event's data, or with dots a member of a member, such as \
            reason.rule; conditions on one field are one filter. A TIME is 2026-01-31 (the whole day, UTC), RFC 3339 such as 2026-01-31T12:00:00+01:00, or an \
            age: 90m, 12h, 30d, 2w. Times are compared with the sequencer's, which never goes back. With --json every \
            record is printed as it is stored, one a line.

            log reads and checks the whole journal before it prints anything. With --follow it continues with each \
            new record as soon as that is on the disk, once and with its signatures checked, until a signal arrives \
            or the reader of the output goes away; both end it with status 0. Who keeps the number of the last record \
            that he has taken care of gets with --follow --from each one after it once, in their order, also those that \
            came while he was away; a journal that does not go that far is refused with 7.

            On a workstation it reads the replica, under the pinned root and with the heads that the workstation \
            remembers.

            Exit status: 0 printed, even if nothing matched, or if the reader went away (log | head) · 1 damaged or \
            forged · 2 failed · 7 no journal, or it ends more than one record before --from · 64 usage
            """)

    @OptionGroup var options: ConfigurationOption
    @OptionGroup var output: JSONOption
    @Option(help: "The journal's directory, such as a replica's (default: LS_ROOT/journal, else the replica).")
    var journal: String?
    @Option(help: "Only records of this type; a type ending in . means all that begin with it.")
    var type: [String] = []
    @Option(help: "Only records about this label: latest, 2026-01 or dev@2026-01.")
    var label: [String] = []
    @Option(help: "Only records whose author's key has this name or id.")
    var author: [String] = []
    @Option(
        name: .customLong("where"),
        help: ArgumentHelp("Only records whose event's data has that value.", valueName: "field=value"))
    var conditions: [String] = []
    @Option(help: ArgumentHelp("Only records from this number on.", valueName: "seq"))
    var from: Int?
    @Option(help: ArgumentHelp("Only records from then on.", valueName: "time"))
    var since: String?
    @Option(help: ArgumentHelp("Only records up to then, the whole day or second included.", valueName: "time"))
    var until: String?
    @Option(name: [.customShort("n"), .customLong("last"), .customLong("lines")], help: "Only the last N of them.")
    var last: Int?
    @Flag(name: .shortAndLong, help: "Continue with each new record.")
    var follow = false

    func validate() throws {
        if let from, from < 1 { throw ValidationError("--from takes the number of a record, from 1 on") }
        if let last, last < 0 { throw ValidationError("-n takes a number of records, from 0 on") }
        if follow, journal != nil { throw ValidationError("--follow reads the server's journal only") }
        if follow, until != nil { throw ValidationError("--follow never ends, so it cannot be combined with --until") }
    }

    func run() throws {
        let machine = try journal == nil ? options.load() : options.read()
        let journal = try ReadableJournal(machine, named: journal)
        if follow { try RecordFollowing.requireServersOwn(journal) }
        let filter = try makeFilter(machine, journal)
        Outcome.letReaderLeave()
        let printer = RecordPrinter(asJSON: output.json)
        let listed = try RecordListing(journal, filter, last: last).run(text: printer.text, show: printer.show)
        for warning in listed.warnings { Terminal.warn(warning) }
        if follow {
            try RecordFollowing(machine, filter, listed.names, show: printer.show).run(after: listed.size)
        }
    }

    private func makeFilter(_ machine: Machine, _ journal: ReadableJournal) throws -> RecordFilter {
        let now = Clock.now()
        func time(_ text: String?, _ option: String) throws -> TimeExpression? {
            guard let text else { return nil }
            guard let time = TimeExpression(text, now: now) else {
                throw Complaint(
                    "\(option) \(text) is not a time", hint: "2026-01-31, 2026-01-31T12:00:00Z, or so long ago: 30d",
                    .usage)
            }
            return time
        }
        var filter = RecordFilter()
        filter.types = type
        filter.labels = try label.map {
            try machine.label($0, in: try journal.replay().readableState()).description
        }
        filter.authors = author
        filter.from = from ?? 1
        filter.conditions = try conditions.map { text in
            guard let condition = DataCondition(text) else {
                throw Complaint("--where \(text) is not FIELD=VALUE", hint: "--where host=build1", .usage)
            }
            return condition
        }
        filter.since = try time(since, "--since")?.first
        filter.until = try time(until, "--until")?.last
        return filter
    }
}

/// How `log` prints a record.
struct RecordPrinter {
    let asJSON: Bool

    func show(_ record: Record, _ line: Span<UInt8>, _ names: KeyNames) { show(text(record, line, names)) }

    func show(_ text: String) {
        if asJSON { Terminal.exact(text) } else { Terminal.data(text) }
    }

    /// The record's line as it is stored, or its text.
    func text(_ record: Record, _ line: Span<UInt8>, _ names: KeyNames) -> String {
        asJSON ? String(copying: line) : RecordText.line(record, author: names[record.event.author])
    }
}

import ArgumentParser
import Backup
import Digest
import DurableFiles
import JournalFormat
import JournalStore
import Machines
import SystemPackage

struct AppendCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "append",
        abstract: "Record an event that a script has witnessed.",
        discussion: """
            Scripts may append snapshot.taken, note and their own types under x. Other types are recorded by the \
            commands that do the work. append prints a receipt after the record is on the disk: seq, event id, \
            SHA-256 of the record's line.

              devjournal append note text='disk swapped'
              devjournal append x.backup.mail count:=12 host=mx1
              jq -c . report.json | devjournal append x.report --data -
              devjournal append --batch <events.jsonl

            If SCHEMA_DIR has a schema for a type under x., an event that does not fit it is refused, and the error names \
            the place in its data (devjournal.conf(5)).

            With --batch each line of standard input is one event, {"type":…,"data":{…}} with an optional "id", and \
            each gets a receipt line in the same order. Either all of them are recorded or nothing is; the error \
            names the line that cannot be recorded. If the events have ids, you can send the same batch again after a \
            lost answer or a crash.

            With --outbox the event is signed with the workstation's key and stored durably in its outbox. append \
            prints its id, and devjournal deliver sends it. The server need not be reachable.

            --wait says how far the record must have come before append ends. Its receipt then says so too, and names the \
            server's signed checkpoint that covers the record: by its size, with --json as a whole. recorded: it is on the \
            server's disk; with --outbox append delivers, and waits for the server's signed answer. mirrored: the mirror's \
            checkpoint covers it; a push brings it there (devjournal push --journal). witnessed: a checkpoint that covers it \
            is cosigned as the file of --policy asks; devjournal witness submit brings it to witnesses. If --deadline (30s, 5m) passes first, the record stays recorded, its receipt \
            says so, and append exits with 17.

            Records never go back in time, so a record made while the clock is wrong would give its time to all that \
            follow. If the clock is more than a day away from the last record, in either direction, and the kernel \
            does not report it as synchronised (NTP), nothing is recorded. --clock-is-right says for one command that \
            it is right, CLOCK=trusted in the configuration for all of them. The outbox uses the last record of the \
            replica and its own last event. devjournal check-clock tells beforehand whether the clock is accepted.

            There are three answers: recorded (0, and 13 if only the receipt or the projections could not be \
            written: do not record it again), not recorded (all others), and unknown (14: the disk did not confirm \
            the write; the hint says what is safe now, and with the same --id it is recorded once).

            If another process holds the journal's lock, append says after two seconds which one. With --lock-timeout \
            it gives up after that time, and nothing is recorded.

            Exit status: 0 recorded, or recorded before with the same content · 1 the journal is damaged · 2 failed, \
            such as a full disk: nothing is recorded · 6 refused: a reserved type, data that do not fit \
            their schema, an id with other content, --expect-seq, a label that cannot be, the clock · 7 no journal, or the workstation's key is missing · 8 a \
            key that the journal does not accept · 13 recorded, but the receipt or the projections could not be \
            written · 14 unknown whether it is recorded · 15 --lock-timeout passed, nothing is recorded · 17 \
            recorded, or in the outbox, but not as far as --wait says when --deadline passed · 64 wrong usage, data that is not strict JSON
            """)

    @OptionGroup var options: ConfigurationOption
    @OptionGroup var output: JSONOption
    @Argument(help: "The event's type: snapshot.taken, note, x.something.")
    var type: String?
    @Argument(help: "Members of its data: key=text, or key:=JSON.")
    var members: [String] = []
    @Option(help: "Read the data as one JSON object from FILE, or from standard input with -.")
    var data: String?
    @Option(help: "The event's id (UUIDv7; devjournal id makes one): the same event with the same id is recorded once.")
    var id: String?
    @Option(
        help: "Append only if the journal has exactly this many records, or holds the event already under its --id.")
    var expectSeq: Int?
    @Option(name: .customLong("as"), help: "Whose key signs it: workstation or server.")
    var speaker: AppendRequest.Speaker?
    @Flag(help: "Put it into the workstation's outbox, to be delivered to the server.")
    var outbox = false
    @Flag(help: "Read events from standard input, one JSON object a line, and record them as one.")
    var batch = false

    @Option(help: "End only when the record is recorded, mirrored or witnessed; the receipt then shows it.")
    var wait: RecordGrade?
    @Option(help: "With --wait witnessed: a file (C2SP tlog-policy) that says whose cosignatures are enough.")
    var policy: String?
    @Option(
        help: ArgumentHelp(
            "Wait no longer than this, 30s, 5m or 1h (default: as long as it takes).", valueName: "duration"))
    var deadline: String?
    @Flag(help: "Accept the clock, although it is more than a day from the last record and nothing synchronises it.")
    var clockIsRight = false

    func validate() throws {
        if batch, type != nil || data != nil || id != nil {
            throw ValidationError("--batch takes type, data and id from standard input")
        }
        if outbox, expectSeq != nil || speaker == .server {
            throw ValidationError("--outbox is the workstation's own: it takes neither --expect-seq nor --as server")
        }
        guard (policy != nil) == (wait == .witnessed) else {
            throw ValidationError("--wait witnessed and --policy go together")
        }
        if let deadline {
            guard wait != nil else { throw ValidationError("--deadline goes with --wait") }
            if TimeExpression.duration(deadline) == nil { throw ValidationError("--deadline takes 30s, 5m or 1h") }
        }
        if !batch, type == nil { throw ValidationError("the event's type is missing") }
    }

    func run() throws {
        try AppendRequest(
            config: options.config, asJSON: output.json, type: type, members: members, data: data, id: id,
            expectSeq: expectSeq, speaker: speaker, outbox: outbox, batch: batch,
            clockIsRight: clockIsRight, lockTimeout: options.lockTimeout, grade: wait, policy: policy,
            deadline: deadline.flatMap { TimeExpression.duration($0) }.map { $0 / 1_000 }
        ).run()
    }
}

extension AppendRequest.Speaker: ExpressibleByArgument {}
extension RecordGrade: ExpressibleByArgument {}

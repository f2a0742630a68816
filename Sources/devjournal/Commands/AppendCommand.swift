import ArgumentParser
import Backup
import Digest
import DurableFiles
import JournalFormat
import JournalStore
import SystemPackage

struct AppendCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "append",
        abstract: "Record an event that a script has witnessed.",
        discussion: """
            Scripts may append snapshot.taken, note and their own types under x. Other types are appended by the \
            commands that do what they tell. The receipt is: seq, event id, SHA-256 of the record's line. It is \
            printed only after the record is on the disk.

              devjournal append note text='disk swapped'
              devjournal append x.backup.mail count:=12 host=mx1
              jq -c . report.json | devjournal append x.report --data -
              devjournal append --batch <events.jsonl

            With --batch each line of standard input is one event, {"type":…,"data":{…}} and if wanted "id", and each \
            gets a receipt line in the same order. All of them are recorded or none; a line that cannot be recorded is \
            named by its number. With ids, the same batch can be sent again after a lost answer or a crash.

            With --outbox the event is signed with the workstation's key and put into its outbox, durably; its id is \
            printed, and devjournal deliver sends it. Nothing of the server is needed.

            Exit status: 0 recorded, or recorded before with the same content · 2 failed, such as a full disk: nothing \
            is recorded · 6 refused: a reserved type, an id with other content, --expect-seq, a label that cannot be · \
            7 no journal, or the workstation's key is missing · 8 a key that the journal does not accept · \
            64 wrong usage, data that is no strict JSON
            """)

    enum Speaker: String, ExpressibleByArgument { case workstation, server }

    @OptionGroup var options: ConfigurationOption
    @OptionGroup var output: JSONOption
    @Argument(help: "The event's type: snapshot.taken, note, x.something.")
    var type: String?
    @Argument(help: "Members of its data: key=text, or key:=JSON.")
    var members: [String] = []
    @Option(help: "Read the data as one JSON object from FILE, or from standard input with -.")
    var data: String?
    @Option(help: "The event's id (UUIDv7; devjournal id makes one): saying the same twice records it once.")
    var id: String?
    @Option(help: "Append only if the journal has exactly this many records.")
    var expectSeq: Int?
    @Option(name: .customLong("as"), help: "Who says it: workstation or server.")
    var speaker: Speaker?
    @Flag(help: "Put it into the workstation's outbox, to be delivered to the server.")
    var outbox = false
    @Flag(help: "Read events from standard input, one JSON object a line, and record them as one.")
    var batch = false

    func validate() throws {
        if batch, type != nil || data != nil || id != nil {
            throw ValidationError("--batch takes type, data and id from standard input")
        }
        if outbox, expectSeq != nil || speaker == .server {
            throw ValidationError("--outbox is the workstation's own: it takes neither --expect-seq nor --as server")
        }
        if !batch, type == nil { throw ValidationError("the event's type is missing") }
    }

    func run() throws {
        let configuration = try options.load()
        if outbox {
            try say(configuration)
        } else if batch {
            try AppendBatch(configuration, speaker).run(expectSeq: expectSeq, asJSON: output.json)
        } else {
            try append(type ?? "", configuration)
        }
    }

    private func say(_ configuration: Configuration) throws {
        let wishes = try batch ? AppendBatch.wishesFromStandardInput() : [single(type ?? "")]
        for said in try OutboxAppend(configuration).run(wishes) {
            if output.json {
                Terminal.json(["id": .string(said.id.description), "new": .bool(said.isNew)])
            } else {
                Terminal.data(said.id.description)
            }
            if !said.isNew { Terminal.say("\(said.id) was said already; nothing changed") }
        }
    }

    /// The one event that the arguments describe.
    private func single(_ type: String) throws -> OutboxAppend.Wish {
        guard let eventType = EventType(type) else {
            throw Complaint(
                "\(type) is no event type", hint: "lower-case words joined by points, such as x.my.event", .usage)
        }
        let eventID = try id.map { text in
            guard let id = EventID(text) else {
                throw Complaint("\(text) is no UUIDv7 in lower case", hint: "devjournal id makes one", .usage)
            }
            return id
        }
        return OutboxAppend.Wish(
            type: eventType, data: try EventData.read(members: members, file: data), id: eventID)
    }

    private func append(_ type: String, _ configuration: Configuration) throws {
        let wish = try single(type)
        let (eventType, eventID, data) = (wish.type, wish.id, wish.data)
        let command = try Self.command(eventType, data)
        var journal = try configuration.openJournal(.resuming(command.needsState ? .anything : .story))
        if let expectSeq, expectSeq != journal.size {
            throw JournalError.expectedSize(expected: expectSeq, actual: journal.size)
        }
        let receipts = try record(command, eventID, configuration, &journal)
        guard let receipt = try receipts.first ?? configuration.receipt(ofEarlier: eventType, data) else {
            throw Complaint("nothing was recorded", .failed)
        }
        if receipts.isEmpty { try journal.makeDurable() }
        if !receipt.isNew { Terminal.say("already recorded as record \(receipt.seq); nothing changed") }
        receipt.show(asJSON: output.json)
    }

    /// What a script wants to be recorded.
    static func command(_ eventType: EventType, _ data: JSONObject) throws -> Command {
        let type = eventType.description
        if eventType.description == "snapshot.taken" {
            guard let label = data["label"]?.string.flatMap({ Label($0) }), let uuid = data["uuid"]?.string,
                let path = data["path"]?.string
            else { throw Complaint("snapshot.taken needs label, uuid and path", .usage) }
            return .recordSnapshot(.init(label: label, uuid: uuid, path: path), details: data)
        }
        guard eventType.description == "note" || eventType.isUserDefined else {
            throw Complaint(
                "\(type) is not for scripts to append",
                hint: ReservedType.hint(type) ?? "types of your own begin with x.",
                .refused)
        }
        if eventType.description == "note", data["text"]?.string == nil {
            throw Complaint("a note needs its text", hint: "devjournal append note text='…'", .usage)
        }
        return .note(type: eventType, data: data)
    }

    private func record(
        _ command: Command, _ id: EventID?, _ configuration: Configuration, _ journal: inout Journal
    ) throws -> [Receipt] {
        guard case .note(let type, let data) = command, speaker == .workstation else {
            if speaker == .server, case .recordSnapshot = command {
                throw Complaint("snapshot.taken is said by the workstation", hint: "leave out --as", .usage)
            }
            return try configuration.record(command, in: &journal, author: try configuration.authorKey(), id: id)
        }
        let receipts = try journal.append(
            [NewEvent(type, by: .author, data)], author: try configuration.authorKey(), id: id)
        try configuration.writeProjections(of: journal)
        return receipts
    }
}

extension Configuration {
    /// Where the same label was recorded before under the same type.
    func receipt(ofEarlier type: EventType, _ data: JSONObject) throws -> Receipt? {
        var found: Receipt?
        _ = try replay { record, _ in
            if record.event.type == type.description, record.event.data["label"] == data["label"] {
                found = Receipt(of: record, isNew: false)
            }
        }
        return found
    }
}

extension Receipt {
    var json: JSONObject {
        [
            "seq": .integer(seq), "id": .string(id.description), "ts": .string(ts.description),
            "sha256": .string(hash.hex), "new": .bool(isNew),
        ]
    }

    func show(asJSON: Bool) { Terminal.data(text(asJSON: asJSON)) }

    func text(asJSON: Bool) -> String {
        asJSON ? JSONValue.object(json).text : "\(seq) \(id) \(hash)"
    }
}

/// Types that a command appends when it has done what they tell.
enum ReservedType {
    static func hint(_ type: String) -> String? {
        let commands = [
            "artifact.sealed": "seal", "artifact.registered": "register", "artifact.uploaded": "push",
            "artifact.stored": "store", "snapshot.restored": "restore", "restore.released": "restore",
            "worktree.updated": "restore", "journal.opened": "init", "epoch.started": "rebuild --from-mirror",
            "key.enrolled": "key enrol", "kit.made": "kit make", "recipient.set": "init",
            "journal.repaired": "repair", "manifest.imported": "import", "review.signed": "audit sign",
        ]
        return commands[type].map { "devjournal \($0) does it and records it" }
    }
}

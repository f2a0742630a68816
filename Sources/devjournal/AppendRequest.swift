import Backup
import Digest
import DurableFiles
import JournalFormat
import JournalStore

/// What `devjournal append` is asked to do.
struct AppendRequest: Equatable {
    enum Speaker: String { case workstation, server }

    var config: String?
    var asJSON = false
    var type: String?
    var members: [String] = []
    var data: String?
    var id: String?
    var expectSeq: Int?
    var speaker: Speaker?
    var outbox = false
    var batch = false
    var clockIsRight = false
    /// Seconds.
    var lockTimeout: Double?

    func run() throws {
        LockWaiting(limit: lockTimeout).begin()
        var configuration = try Configuration(named: config)
        if clockIsRight { configuration.trustClock() }
        if outbox {
            try say(configuration)
        } else if batch {
            try AppendBatch(configuration, speaker).run(expectSeq: expectSeq, asJSON: asJSON)
        } else {
            try append(type ?? "", configuration)
        }
    }

    private func say(_ configuration: Configuration) throws {
        let wishes = try batch ? AppendBatch.wishesFromStandardInput() : [single(type ?? "")]
        let all = try OutboxAppend(configuration).run(wishes)
        Outcome.hasSaid(all.map(\.id))
        for said in all {
            if asJSON {
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
        var journal = try configuration.openJournal(
            .resuming(command.needsState ? .anything : .story))
        if let expectSeq, expectSeq != journal.size {
            throw JournalError.expectedSize(expected: expectSeq, actual: journal.size)
        }
        let receipts = try record(command, eventID, configuration, &journal)
        guard let receipt = try receipts.first ?? configuration.receipt(ofEarlier: eventType, data) else {
            throw Complaint("nothing was recorded", .failed)
        }
        if receipts.isEmpty {
            try journal.confirm()
            Outcome.hasRecorded([receipt])
        }
        journal.close()
        if !receipt.isNew { Terminal.say("already recorded as record \(receipt.seq); nothing changed") }
        receipt.show(asJSON: asJSON)
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
        Outcome.hasRecorded(receipts)
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
            "artifact.stored": "store", "artifact.verified": "scrub", "snapshot.restored": "restore",
            "restore.released": "restore",
            "worktree.updated": "restore", "journal.opened": "init", "epoch.started": "rebuild --from-mirror",
            "journal.succeeds": "init --succeeds", "root.replaced": "key replace-root",
            "key.enrolled": "key enrol", "kit.made": "kit make", "recipient.set": "init",
            "journal.repaired": "repair", "manifest.imported": "import", "review.signed": "audit sign",
        ]
        return commands[type].map { "devjournal \($0) does it and records it" }
    }
}

import Backup
import Digest
import DurableFiles
import JournalFormat
import JournalStore
import Machines
import SystemPackage

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
        var machine = try Machine(Configuration(named: config), .ofThisProcess)
        if clockIsRight { machine.configuration.trustClock() }
        if !outbox { try Account.takeOn(machine) }
        if outbox {
            try say(machine)
        } else if batch {
            try AppendBatch(machine, speaker).run(expectSeq: expectSeq, asJSON: asJSON)
        } else {
            try append(type ?? "", machine)
        }
    }

    private func say(_ machine: Machine) throws {
        let wishes = try batch ? AppendBatch.wishesFromStandardInput() : [single(type ?? "")]
        let all = try OutboxAppend(machine).run(wishes)
        Outcome.hasSaid(all.map(\.id))
        for said in all {
            if asJSON {
                Terminal.json(["id": .string(said.id.description), "new": .bool(said.isNew)])
            } else {
                Terminal.data(said.id.description)
            }
            if !said.isNew { Terminal.say("\(said.id) is in the outbox already; nothing changed") }
        }
    }

    /// The one event that the arguments describe.
    private func single(_ type: String) throws -> OutboxAppend.Wish {
        guard let eventType = EventType(type) else {
            throw Complaint(
                "\(type) is not an event type", hint: "lower-case words joined by points, such as x.my.event", .usage)
        }
        let eventID = try id.map { text in
            guard let id = EventID(text) else {
                throw Complaint("\(text) is not a UUIDv7 in lower case", hint: "devjournal id makes one", .usage)
            }
            return id
        }
        return OutboxAppend.Wish(
            type: eventType, data: try EventData.read(members: members, file: data), id: eventID)
    }

    private func append(_ type: String, _ machine: Machine) throws {
        let wish = try single(type)
        let (eventType, eventID, data) = (wish.type, wish.id, wish.data)
        let command = try Self.command(eventType, data)
        var journal = try machine.openJournal(
            .resuming(command.needsState ? .anything : .story), keepsBallast: false)
        try journal.require(size: expectSeq, unlessItHolds: [eventID])
        let receipts = try record(command, eventID, machine, &journal)
        guard let receipt = try receipts.first ?? machine.receipt(ofEarlier: eventType, data) else {
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
            return .recordSnapshot(try snapshot(data), details: data)
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

    /// The snapshot that the data tell of, each of its members as journal-format.md has it.
    private static func snapshot(_ data: JSONObject) throws -> BackupEvent.Snapshot {
        func text(_ key: String) throws -> String {
            guard let text = data[key]?.string else {
                throw Complaint("snapshot.taken needs label, uuid and path; \(key) is missing, or is not text", .usage)
            }
            return text
        }
        let (label, uuid, path) = (try text("label"), try text("uuid"), try text("path"))
        guard let known = Label(label) else {
            throw Complaint("snapshot.taken: \(label) is not a label", hint: "such as dev@2026-01", .usage)
        }
        guard isUUID(uuid) else {
            throw Complaint(
                "snapshot.taken: \(uuid) is not the UUID of a subvolume",
                hint: "as btrfs subvolume show has it: 8-4-4-4-12 digits in lower case", .usage)
        }
        guard FilePath(path).isAbsolute, !path.utf8.contains(where: { $0 < 0x20 }) else {
            throw Complaint(
                "snapshot.taken: \(path) is not an absolute path without control characters", .usage)
        }
        return BackupEvent.Snapshot(label: known, uuid: uuid, path: path)
    }

    private static func isUUID(_ text: String) -> Bool {
        let parts = text.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        return parts.map(\.count) == [8, 4, 4, 4, 12]
            && parts.joined().allSatisfy { "0123456789abcdef".utf8.contains($0) }
    }

    private func record(
        _ command: Command, _ id: EventID?, _ machine: Machine, _ journal: inout Journal
    ) throws -> [Receipt] {
        guard case .note(let type, let data) = command, speaker == .workstation else {
            if speaker == .server, case .recordSnapshot = command {
                throw Complaint("snapshot.taken is signed by the workstation", hint: "leave out --as", .usage)
            }
            return try machine.record(command, in: &journal, author: try machine.authorKey(), id: id)
        }
        let receipts = try journal.append(
            [NewEvent(type, by: .author, data)], author: try machine.authorKey(), id: id)
        Outcome.hasRecorded(receipts)
        try machine.writeProjections(of: journal)
        return receipts
    }
}

extension Journal {
    /// Refuses another size than expected. Who repeats an append after its answer was lost finds the size moved on, by
    /// that append perhaps: where all of its events are there under their ids, they are answered as the first time.
    ///
    /// - Parameter ids: of the events to be appended; nil for one without.
    func require(size: Int?, unlessItHolds ids: [EventID?]) throws(JournalError) {
        guard let size, size != self.size else { return }
        for id in ids {
            guard let id, try replay.holds(id) else { throw .expectedSize(expected: size, actual: self.size) }
        }
    }
}

extension Machine {
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

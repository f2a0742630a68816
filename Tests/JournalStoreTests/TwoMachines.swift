import Backup
import BackupJournal
import JournalFormat
import JournalStore
import ScratchSpace
import SystemPackage
import Testing

/// A server and a workstation apart from it, in one scratch directory.
struct TwoMachines {
    let server: JournalBench
    let files: WorkstationFiles
    let pin: ReplicaPin
    let key: JournalKey
    /// What the workstation remembers.
    var heads: [SignedCheckpoint] = []
    var quota = AuthorQuota.none
    private var clock = JournalBench.start.milliseconds
    private var noise: UInt8 = 0

    init() throws {
        server = try JournalBench()
        try server.enrolAuthor()
        key = server.author
        files = WorkstationFiles(server.folder.appending("ws"))
        pin = ReplicaPin(log: try server.open().log, root: server.root.id)
    }

    mutating func now() -> Timestamp {
        clock += 1
        return Timestamp(milliseconds: clock)
    }

    mutating func pass(milliseconds: Int) { clock += milliseconds }

    mutating func event(
        _ type: String, _ data: JSONObject, by key: JournalKey? = nil, id: EventID? = nil, log: EventID? = nil
    ) throws -> SignedEvent {
        let time = now()
        return SignedEvent(
            id: id ?? EventID(at: time, random: [UInt8](repeating: 7, count: 10)), log: log ?? pin.log,
            type: try #require(EventType(type)), ts: time, data: data, signedBy: key ?? self.key)
    }

    /// Puts events into the outbox.
    func say(_ events: [SignedEvent]) throws {
        var outbox = try Outbox(files.outbox, log: pin.log)
        try outbox.append(events)
    }

    struct OtherJournal: Error {}

    @discardableResult
    mutating func say(_ text: String) throws -> SignedEvent {
        let event = try event("note", ["text": .string(text)])
        try say([event])
        return event
    }

    /// What the server answers to these bytes.
    mutating func answer(_ delivery: [UInt8], limit: Int = DeliveryAnswer.maximumLines) throws -> [UInt8] {
        var journal = try server.open(now: now())
        let delivery = try Delivery(parsing: delivery)
        // Which journal a delivery is for may have been changed on its way, too; the command asks that first.
        guard delivery.log == journal.log else { throw OtherJournal() }
        return try journal.answer(delivery, quota: quota, limit: limit).bytes
    }

    /// One round in which nothing is lost.
    @discardableResult
    mutating func round(
        postponed: Set<EventID> = [], limit: Int = DeliveryAnswer.maximumLines
    ) throws -> DeliveryRound.Outcome {
        let round = try DeliveryRound(files, pin: pin, heads: heads, postponed: postponed)
        let answer = try answer(round.delivery.bytes, limit: limit)
        let outcome = try round.finish(answer, now: now())
        remember(outcome)
        return outcome
    }

    mutating func remember(_ outcome: DeliveryRound.Outcome) {
        if let head = outcome.update.head, !heads.contains(head) { heads.append(head) }
    }

    /// Rounds until there is nothing more to do.
    @discardableResult
    mutating func deliver(limit: Int = DeliveryAnswer.maximumLines) throws -> [DeliveryRound.Outcome] {
        var outcomes: [DeliveryRound.Outcome] = []
        var postponed: Set<EventID> = []
        repeat {
            outcomes.append(try round(postponed: postponed, limit: limit))
            postponed.formUnion(outcomes.last?.later.map(\.id) ?? [])
        } while outcomes.last?.goesOn ?? false
        return outcomes
    }

    func contents() throws -> OutboxContents { try files.outbox.read(log: pin.log) }

    /// What became of an event.
    func place(of event: SignedEvent) throws -> OutboxContents.Place? {
        let opened = try OpenedReplica(files, pin: pin, heads: heads)
        return opened.outbox.entries.first { $0.bytes == event.bytes }.map {
            opened.outbox.place(of: $0, recorded: opened.recorded)
        }
    }

    /// The journal's events as they stand in it, by their authors' own bytes.
    func recordedEvents() throws -> [[UInt8]] {
        var events: [[UInt8]] = []
        _ = try server.directory.replay { _, line in
            guard let layout = try? RecordLayout(line) else { return }
            events.append(Array(copying: line.extracting(layout.event.range)))
        }
        return events
    }

    func serverBytes() throws -> [UInt8] { try Self.bytes(server.directory) }
    func replicaBytes() throws -> [UInt8] { try Self.bytes(files.replica) }

    private static func bytes(_ directory: JournalDirectory) throws -> [UInt8] {
        try (directory.segmentNames() ?? []).flatMap { contents(directory.path.appending($0)) ?? [] }
    }

    private static func contents(_ path: FilePath) -> [UInt8]? { ScratchSpace.contents(path) }
}

import Backup
import Digest
import JournalFormat
import JournalStore
import Machines
import Sodium

/// `append --outbox`: the workstation says something while the server is away.
struct OutboxAppend {
    /// What a script wants to be said.
    struct Wish {
        let type: EventType
        let data: JSONObject
        let id: EventID?
    }

    private let workstation: Workstation

    init(_ machine: Machine) throws {
        workstation = try Workstation(machine)
    }

    /// Says everything or nothing; what was said before with the same id is not said again.
    ///
    /// - Returns: the ids, in the wishes' order, and whether each is new.
    func run(_ wishes: [Wish]) throws -> [(id: EventID, isNew: Bool)] {
        let commands = try wishes.map { try AppendRequest.command($0.type, $0.data) }
        // Only a snapshot is decided upon; reading the replica for anything else would be in vain.
        let needsState = commands.contains { if case .recordSnapshot = $0 { true } else { false } }
        var outbox = try Outbox(workstation.files.outbox, log: workstation.pin.log)
        var state = needsState ? try workstation.expectedState(outbox.contents) : BackupState.initial
        if outbox.tornBytes > 0 {
            Terminal.warn(
                "the outbox's last line was torn; its \(Plain.counted(outbox.tornBytes, "byte")) were kept aside")
        }
        var new: [(event: NewEvent, id: EventID)] = []
        var said: [(id: EventID, isNew: Bool)] = []
        for (wish, command) in zip(wishes, commands) {
            let earlier = new.first { $0.id == wish.id }?.event
            if let id = wish.id, let known = earlier ?? saidBefore(id, outbox.contents) {
                guard known.type == wish.type, known.data == wish.data else {
                    throw Complaint(
                        "event id \(id) is in the outbox already, with other content",
                        hint: "use a new id: devjournal id",
                        .refused)
                }
                said.append((id, false))
                continue
            }
            guard let event = try event(wish, command, &state) else {
                said.append((try earlierID(wish, outbox.contents, new), false))
                continue
            }
            let id = wish.id ?? EventID(at: Clock.now(), random: randomBytes(10))
            new.append((event, id))
            said.append((id, true))
        }
        try workstation.say(new, in: &outbox)
        return said
    }

    /// The event to be signed; nil where the same was said already.
    private func event(_ wish: Wish, _ command: Command, _ state: inout BackupState) throws -> NewEvent? {
        guard case .recordSnapshot = command else { return NewEvent(wish.type, by: .author, wish.data) }
        if state.dataset.isEmpty {
            throw Complaint(
                "the replica holds nothing yet, so nothing can be decided about a snapshot",
                hint: WorkstationLedger.copiesJournal(workstation.machine.dataset), .refused)
        }
        let events = try decide(command, state, thisMonth: workstation.machine.thisMonth())
        guard let event = events.first else { return nil }
        let record = Record(
            seq: state.seq + 1, epoch: 1, ts: state.lastTime, kid: try workstation.key().id,
            event: Event(
                id: EventID(at: Clock.now(), random: randomBytes(10)), type: wish.type.description, schema: 1,
                author: try workstation.key().id, ts: Clock.now(), data: wish.data), hash: state.head)
        do { try evolve(&state, record) } catch { throw JournalError.unreadableEvent(error) }
        return event
    }

    private func saidBefore(_ id: EventID, _ outbox: OutboxContents) -> NewEvent? {
        guard let event = outbox[id]?.event, let type = EventType(event.type) else { return nil }
        return NewEvent(type, by: .author, event.data)
    }

    /// The event that told of the same snapshot, here or in the replica.
    private func earlierID(
        _ wish: Wish, _ outbox: OutboxContents, _ new: [(event: NewEvent, id: EventID)]
    ) throws -> EventID {
        func isSame(_ type: String, _ data: JSONObject) -> Bool {
            type == wish.type.description && data["label"] == wish.data["label"] && data["uuid"] == wish.data["uuid"]
        }
        if let known = new.last(where: { isSame($0.event.type.description, $0.event.data) }) { return known.id }
        if let known = outbox.entries.last(where: { isSame($0.event.type, $0.event.data) }) { return known.event.id }
        var found: EventID?
        _ = try workstation.files.replica.replay(pinnedRoot: workstation.pin.root) { record, _ in
            if isSame(record.event.type, record.event.data) { found = record.event.id }
        }
        guard let found else { throw Complaint("nothing was said", .failed) }
        return found
    }
}

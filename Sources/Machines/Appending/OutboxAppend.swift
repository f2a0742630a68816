import Backup
package import JournalFormat
import JournalStore

/// `append --outbox`: the workstation says something while the server is away.
package struct OutboxAppend {
    package struct Said: Equatable {
        package let id: EventID
        /// False where the same was said before.
        package let isNew: Bool

        package init(id: EventID, isNew: Bool) {
            self.id = id
            self.isNew = isNew
        }
    }

    private let workstation: Workstation

    package init(_ machine: Machine) throws {
        workstation = try Workstation(machine)
    }

    /// Says everything or nothing; what was said before with the same id is not said again.
    ///
    /// - Returns: what came of each, in the same order.
    package func run(_ wishes: [ScriptEvent]) throws -> [Said] {
        let schemas = SchemaShelf(workstation.machine)
        let commands = try wishes.map { wish in
            let command = try wish.command(by: .workstation)
            try schemas.check(wish)
            return command
        }
        var outbox = try Outbox(workstation.files.outbox, log: workstation.pin.log)
        // The replica is read only for what is decided by it.
        let needsState = commands.contains { $0.needsState }
        var state = needsState ? try workstation.expectedState(outbox.contents) : BackupState.initial
        if outbox.tornBytes > 0 {
            workstation.machine.reporter.warn(
                "the outbox's last line was torn; its \(Plain.counted(outbox.tornBytes, "byte")) were kept aside")
        }
        var new: [Workstation.Decided] = []
        var said: [Said] = []
        for (wish, command) in zip(wishes, commands) {
            let earlier = new.first { $0.id == wish.id }?.event
            if let id = wish.id, let known = earlier ?? saidBefore(id, outbox.contents) {
                guard known.type == wish.type, known.data == wish.data else {
                    throw AppendError.saidWithOtherContent(id)
                }
                said.append(Said(id: id, isNew: false))
                continue
            }
            guard let event = try event(wish, command, &state) else {
                said.append(Said(id: try earlierID(wish, outbox.contents, new), isNew: false))
                continue
            }
            new.append(event)
            said.append(Said(id: event.id, isNew: true))
        }
        try workstation.say(new, in: &outbox)
        return said
    }

    /// The event to be signed; nil where the same was said already.
    ///
    /// - Parameter state: gets what the event changes, as the next ones are decided by it.
    private func event(
        _ wish: ScriptEvent, _ command: Command, _ state: inout BackupState
    ) throws -> Workstation.Decided? {
        if command.needsState, state.dataset.isEmpty {
            throw AppendError.replicaHoldsNothing(
                fetch: WorkstationLedger.copiesJournal(workstation.machine.dataset))
        }
        let known = state
        guard let said = try workstation.decided(command, by: known, id: wish.id, claiming: false).first else {
            return nil
        }
        if command.needsState { try evolve(&state, by: said) }
        return said
    }

    private func evolve(_ state: inout BackupState, by said: Workstation.Decided) throws {
        let author = try workstation.key().id
        let record = Record(
            seq: state.seq + 1, epoch: 1, ts: state.lastTime, kid: author,
            event: Event(
                id: said.id, type: said.event.type.description, schema: 1, author: author,
                ts: workstation.machine.now(), data: said.event.data), hash: state.head)
        do { try Backup.evolve(&state, record) } catch { throw JournalError.unreadableEvent(error) }
    }

    private func saidBefore(_ id: EventID, _ outbox: OutboxContents) -> NewEvent? {
        guard let event = outbox[id]?.event, let type = EventType(event.type) else { return nil }
        return NewEvent(type, by: .author, event.data)
    }

    /// The event that told of the same snapshot, here or in the replica.
    private func earlierID(
        _ wish: ScriptEvent, _ outbox: OutboxContents, _ new: [Workstation.Decided]
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
        guard let found else { throw AppendError.nothingSaid }
        return found
    }
}

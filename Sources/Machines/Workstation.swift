package import Backup
import BackupJournal
import DurableFiles
package import JournalFormat
package import JournalStore
import Sodium
import SystemPackage

/// The workstation's side of a data set: its key, its outbox and its replica.
package struct Workstation {
    package let machine: Machine
    package let pin: ReplicaPin

    package var files: WorkstationFiles { WorkstationFiles(machine.workstationState) }

    package init(_ machine: Machine) throws {
        self.machine = machine
        guard let pin = try Self.pin(machine) else {
            throw MachineError.notPinned
        }
        self.pin = pin
    }

    /// Nil where nothing is pinned yet.
    package static func pin(_ machine: Machine) throws -> ReplicaPin? {
        let path = WorkstationFiles(machine.workstationState).pin
        guard pathExists(path) else { return nil }
        guard let pin = try ReplicaPin.read(path) else {
            throw MachineError.malformed(path, "no journal's id and fingerprint")
        }
        return pin
    }

    package func key() throws -> JournalKey {
        guard let key = try machine.authorKey() else { throw JournalError.keyMissing(.author) }
        return key
    }

    /// The keys that its replica makes known.
    package func keyring() throws -> Keyring {
        try files.view(pin: pin, outbox: files.outbox.read(log: pin.log)).keyring
    }

    /// What this workstation may say: only a decision makes one.
    package struct Decided: Sendable {
        package let event: NewEvent
        package let id: EventID

        fileprivate init(_ event: NewEvent, id: EventID) {
            self.event = event
            self.id = id
        }
    }

    /// What a command leads to, decided as on the server, but by what is known here: `expectedState`. The server takes
    /// what was said for a fact and judges only whether it can read it.
    ///
    /// - Parameters:
    ///   - state: asked for where it decides.
    ///   - id: for a script's event, which says what the script has said and nothing else; nil makes a new one.
    ///   - claiming: whether the event says who asked for it.
    package func decided(
        _ command: Command, by state: @autoclosure () throws -> BackupState, id: EventID? = nil,
        claiming: Bool = true
    ) throws -> [Decided] {
        try decide(command, command.needsState ? try state() : .initial, thisMonth: machine.thisMonth()).map {
            Decided(claiming ? Claim.on($0) : $0, id: id ?? EventID(at: machine.now(), random: randomBytes(10)))
        }
    }

    /// Signs events and puts them into the outbox, all or none.
    package func say(_ events: [Decided], in outbox: inout Outbox) throws {
        let key = try key()
        let clock = machine.clock()
        if !events.isEmpty { try clock.check(against: files.lastTime(outbox.contents)) }
        let signed = events.map {
            SignedEvent(
                id: $0.id, log: pin.log, type: $0.event.type, ts: clock.now, data: $0.event.data, signedBy: key)
        }
        try outbox.append(signed)
        machine.reporter.queued(events.map(\.id))
    }

    /// What the journal will be when all that is pending has been recorded: what to decide by while the server is
    /// away. An event that cannot be read there will be refused and counts for nothing.
    package func expectedState(_ outbox: OutboxContents) throws -> BackupState {
        let view = try files.view(pin: pin, outbox: outbox)
        var state = view.state
        for entry in outbox.pending(recorded: view.recorded) {
            var next = state
            let record = Record(
                seq: state.seq + 1, epoch: 1, ts: state.lastTime, kid: entry.event.author, event: entry.event,
                hash: state.head)
            guard (try? evolve(&next, record)) != nil else { continue }
            state = next
        }
        return state
    }

    package func warn(_ outbox: OutboxContents) {
        for line in outbox.damaged {
            machine.reporter.warn("line \(line.line) of the outbox is not sent: \(line.reason.explanation)")
        }
    }
}

import Backup
import BackupJournal
import DurableFiles
import JournalFormat
import JournalStore
import SystemPackage

/// The workstation's side of a data set: its key, its outbox and its replica.
struct Workstation {
    let configuration: Configuration
    let pin: ReplicaPin

    var files: WorkstationFiles { WorkstationFiles(configuration.workstationState) }

    init(_ configuration: Configuration) throws {
        self.configuration = configuration
        guard let pin = try Self.pin(configuration) else {
            throw Complaint(
                "this workstation does not know which journal is its own",
                hint: "sudo init_WS.sh --pair 'LINE', with the line that init_LS.sh prints on the server; by hand: "
                    + "devjournal replica pin --log ID --root FINGERPRINT; devjournal verify on the server prints both",
                .notFound)
        }
        self.pin = pin
    }

    /// Nil where nothing is pinned yet.
    static func pin(_ configuration: Configuration) throws -> ReplicaPin? {
        let path = WorkstationFiles(configuration.workstationState).pin
        guard pathExists(path) else { return nil }
        guard let pin = try ReplicaPin.read(path) else {
            throw Complaint("\(path) holds no journal's id and fingerprint", .damaged)
        }
        return pin
    }

    func key() throws -> JournalKey {
        guard let key = try configuration.authorKey() else { throw JournalError.keyMissing(.author) }
        return key
    }

    /// The keys that its replica makes known.
    func keyring() throws -> Keyring {
        try files.view(pin: pin, outbox: files.outbox.read(log: pin.log)).keyring
    }

    /// Signs events and puts them into the outbox, all or none.
    func say(_ events: [(event: NewEvent, id: EventID)], in outbox: inout Outbox) throws {
        let key = try key()
        let clock = configuration.clock()
        if !events.isEmpty { try clock.check(against: files.lastTime(outbox.contents)) }
        let signed = events.map { event, id in
            SignedEvent(id: id, log: pin.log, type: event.type, ts: clock.now, data: event.data, signedBy: key)
        }
        try outbox.append(signed)
        Outcome.hasSaid(events.map(\.id))
    }

    /// What the journal will be when all that is pending has been recorded: what to decide by while the server is
    /// away. An event that cannot be read there will be refused and counts for nothing.
    func expectedState(_ outbox: OutboxContents) throws -> BackupState {
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

    static func warn(_ outbox: OutboxContents) {
        for line in outbox.damaged {
            Terminal.warn("line \(line.line) of the outbox is not sent: \(line.reason.explanation)")
        }
    }
}

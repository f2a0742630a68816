package import Age
package import Backup
import DurableFiles
package import JournalFormat
import JournalStore
package import SystemPackage

/// Where a workstation decides and records: in the journal, or, where that is another machine's, in its outbox.
package enum WorkstationLedger {
    case journal(Machine)
    case outbox(Workstation)

    /// The outbox, where a journal is pinned; the journal, where that is on this machine.
    package init(_ machine: Machine) throws {
        if try Workstation.pin(machine) != nil {
            self = .outbox(try Workstation(machine))
        } else {
            self = .journal(machine)
        }
    }

    /// Where the month's scripts record: in the outbox, where `LS_HOST` names another machine.
    package static func ofMonth(_ machine: Machine, outbox: Bool = false) throws -> WorkstationLedger {
        guard outbox || ServerConnection(machine.settings) != nil else { return .journal(machine) }
        return .outbox(try Workstation(machine))
    }

    private var machine: Machine {
        switch self {
        case .journal(let machine): machine
        case .outbox(let workstation): workstation.machine
        }
    }

    /// What is decided by: the journal, or what it will be when everything pending is delivered.
    package func state() throws -> BackupState {
        switch self {
        case .journal(let machine):
            return try machine.state()
        case .outbox(let workstation):
            let outbox = try workstation.files.outbox.read(log: workstation.pin.log)
            return try known(workstation.expectedState(outbox))
        }
    }

    package func author() throws -> JournalKey {
        guard let key = try machine.authorKey() else { throw JournalError.keyMissing(.author) }
        return key
    }

    /// To whom the artifact is sealed: anybody who can write to the journal must not choose that for a workstation
    /// whose server is another machine, so there its own configuration names them. Where both name some, they must
    /// agree.
    package func recipients(_ state: BackupState) throws -> [AgeRecipient] {
        var named = machine.recipients
        if case .journal = self, named.isEmpty { named = state.recipients }
        guard !named.isEmpty else {
            throw MachineError.noRecipients(dataset: state.dataset)
        }
        var recipients: [AgeRecipient] = []
        for text in named { recipients.append(try AgeRecipient(text)) }
        guard state.recipients.isEmpty || Set(state.recipients) == Set(recipients.map(\.description)) else {
            throw MachineError.otherRecipients(state.recipients)
        }
        return recipients
    }

    /// Where a registered artifact is: on the server, or still in the spool of a workstation that has no server's tree.
    package func place(of entry: BackupState.Entry, spooled: FilePath) -> FilePath? {
        switch self {
        case .journal(let machine): machine.server.root.appending(entry.localPath)
        case .outbox: pathExists(spooled) ? spooled : nil
        }
    }

    /// Complains of what would keep this machine from recording anything now: before something is made that is of no
    /// use unrecorded.
    package func requireReady() throws {
        let author = try author()
        switch self {
        case .journal(let machine): try machine.openJournal(.resuming(.anything)).requireReady(for: author)
        case .outbox(let workstation):
            let outbox = try workstation.files.outbox.read(log: workstation.pin.log)
            try machine.clock().check(against: workstation.files.lastTime(outbox))
            _ = try known(workstation.expectedState(outbox))
        }
    }

    /// Durable when it returns.
    package func record(_ command: Command, author: JournalKey) throws {
        switch self {
        case .journal(let machine):
            var journal = try machine.openJournal(.resuming(.anything))
            _ = try machine.record(command, in: &journal, author: author)
        case .outbox(let workstation):
            var outbox = try Outbox(workstation.files.outbox, log: workstation.pin.log)
            let contents = outbox.contents
            let events = try workstation.decided(command, by: try known(workstation.expectedState(contents)))
            try workstation.say(events, in: &outbox)
        }
    }

    /// What brings a replica its first records.
    package static func copiesJournal(_ dataset: String) -> String {
        let command = ["sudo init_WS.sh"] + (dataset == "dev" ? [] : ["--dataset", dataset])
        return command.joined(separator: " ") + " copies the journal; by hand: devjournal deliver -- COMMAND"
    }

    private func known(_ state: BackupState) throws -> BackupState {
        guard state.dataset.isEmpty else { return state }
        throw MachineError.replicaHoldsNothing(fetch: Self.copiesJournal(machine.dataset))
    }
}

import Age
import Backup
import DurableFiles
import JournalFormat
import JournalStore
import Sodium
import SystemPackage

/// Where a workstation decides and records: in the journal, or, where that is another machine's, in its outbox.
enum WorkstationLedger {
    case journal(Configuration)
    case outbox(Workstation)

    /// The outbox, where a journal is pinned; the journal, where that is on this machine.
    init(_ configuration: Configuration) throws {
        if try Workstation.pin(configuration) != nil {
            self = .outbox(try Workstation(configuration))
        } else {
            self = .journal(configuration)
        }
    }

    /// Where the month's scripts record: in the outbox, where `LS_HOST` names another machine.
    static func ofMonth(_ configuration: Configuration, outbox: Bool = false) throws -> WorkstationLedger {
        guard outbox || ServerConnection(configuration.settings) != nil else { return .journal(configuration) }
        return .outbox(try Workstation(configuration))
    }

    private var configuration: Configuration {
        switch self {
        case .journal(let configuration): configuration
        case .outbox(let workstation): workstation.configuration
        }
    }

    /// What is decided by: the journal, or what it will be when everything pending is delivered.
    func state() throws -> BackupState {
        switch self {
        case .journal(let configuration):
            return try configuration.state()
        case .outbox(let workstation):
            let outbox = try workstation.files.outbox.read(log: workstation.pin.log)
            return try known(workstation.expectedState(outbox))
        }
    }

    func author() throws -> JournalKey {
        guard let key = try configuration.authorKey() else { throw JournalError.keyMissing(.author) }
        return key
    }

    /// To whom the artifact is sealed: whoever can write to the journal must not choose that for a workstation whose
    /// server is another machine, so there its own configuration names them. Where both name some, they must agree.
    func recipients(_ state: BackupState) throws -> [AgeRecipient] {
        var named = configuration.recipients
        if case .journal = self, named.isEmpty { named = state.recipients }
        guard !named.isEmpty else {
            throw Complaint(
                "no recipient is configured, so nobody could open the artifact",
                hint:
                    "RECIPIENTS=age1… in the configuration; it is in the server's keys/ls_\(state.dataset)_backup.pub",
                .notFound)
        }
        var recipients: [AgeRecipient] = []
        for text in named { recipients.append(try AgeRecipient(text)) }
        guard state.recipients.isEmpty || Set(state.recipients) == Set(recipients.map(\.description)) else {
            throw Complaint(
                "the configured recipients are not the journal's: \(state.recipients.joined(separator: " "))",
                hint:
                    "the server's age key was changed: init_WS.sh --pair 'LINE', with the line that init_LS.sh prints "
                    + "on the server; or compare them with its key by eye, then set RECIPIENTS", .refused)
        }
        return recipients
    }

    /// Where a registered artifact is: on the server, or still in the spool of a workstation that has no server's tree.
    func place(of entry: BackupState.Entry, spooled: FilePath) -> FilePath? {
        switch self {
        case .journal(let configuration): configuration.server.root.appending(entry.localPath)
        case .outbox: pathExists(spooled) ? spooled : nil
        }
    }

    /// Complains of what would keep this machine from recording anything now: before something is made that is of no use
    /// unrecorded.
    func requireReady() throws {
        let author = try author()
        switch self {
        case .journal(let configuration): try configuration.openJournal().requireReady(for: author)
        case .outbox(let workstation):
            let outbox = try workstation.files.outbox.read(log: workstation.pin.log)
            try configuration.clock().check(against: workstation.files.lastTime(outbox))
            _ = try known(workstation.expectedState(outbox))
        }
    }

    /// Durable when it returns.
    func record(_ command: Command, author: JournalKey) throws {
        switch self {
        case .journal(let configuration):
            var journal = try configuration.openJournal()
            _ = try configuration.record(command, in: &journal, author: author)
        case .outbox(let workstation):
            var outbox = try Outbox(workstation.files.outbox, log: workstation.pin.log)
            let state = try known(workstation.expectedState(outbox.contents))
            let events = try decide(
                command, state, thisMonth: Clock.thisMonth(workstation.configuration.dataset))
            try workstation.say(
                events.map { (Claim.on($0), EventID(at: Clock.now(), random: randomBytes(10))) }, in: &outbox)
        }
    }

    /// What brings a replica its first records.
    static func copiesJournal(_ dataset: String) -> String {
        let command = ["sudo init_WS.sh"] + (dataset == "dev" ? [] : ["--dataset", dataset])
        return command.joined(separator: " ") + " copies the journal; by hand: devjournal deliver -- COMMAND"
    }

    private func known(_ state: BackupState) throws -> BackupState {
        guard state.dataset.isEmpty else { return state }
        throw Complaint(
            "the replica holds nothing yet, so nothing can be decided",
            hint: WorkstationLedger.copiesJournal(configuration.dataset), .refused)
    }
}

import Backup
import Digest
import JournalFormat
import JournalStore

/// One delivery from a workstation, in as many rounds as it takes: what is pending goes to the server, and the replica
/// comes up to date.
struct WorkstationDelivery {
    private let workstation: Workstation
    private let configuration: Configuration

    init(_ workstation: Workstation) {
        self.workstation = workstation
        configuration = workstation.configuration
    }

    /// - Parameter ask: brings one delivery to the server, and its answer back.
    func run(_ ask: (Delivery) async throws -> [UInt8]) async throws -> DeliveryTally {
        let heads = WitnessHeads(configuration)
        var tally = DeliveryTally()
        var postponed: Set<EventID> = []
        var goesOn = true
        while goesOn {
            try requireSuccession(workstation)
            let known = try heads.read()
            let round = try DeliveryRound(workstation.files, pin: workstation.pin, heads: known, postponed: postponed)
            let answer = try await ask(round.delivery)
            let outcome = try round.finish(answer, now: Clock.now())
            if let head = outcome.update.head { try heads.remember(head) }
            postponed.formUnion(outcome.later.map(\.id))
            tally.add(outcome)
            goesOn = outcome.goesOn
        }
        tellSuccession(try requireSuccession(workstation))
        let outbox = try workstation.files.outbox.read(log: workstation.pin.log)
        Workstation.warn(outbox)
        tally.isDamaged = !outbox.damaged.isEmpty
        if tally.copied > 0 { warnOfOtherRecipients(try workstation.expectedState(outbox), configuration) }
        return tally
    }

    /// The journal that goes on for one whose server was lost must say so, with a head that the old replica holds: before
    /// that nothing is said to it.
    @discardableResult
    private func requireSuccession(_ workstation: Workstation) throws -> SuccessionFinding {
        let finding = try workstation.files.judgeSuccession(workstation.pin)
        guard case .conflict(let why) = finding else { return finding }
        throw Complaint(
            "the server's journal is not the one to go on with: \(why); nothing was delivered",
            hint: "on the server: devjournal init --succeeds with this workstation's old lines; "
                + "where this is meant all the same: rm \(workstation.files.succeeds)", .damaged)
    }

    private func tellSuccession(_ finding: SuccessionFinding) {
        switch finding {
        case .fits(let log, let unknown) where unknown > 0:
            Terminal.warn(
                "\(Plain.counted(unknown, "record")) of journal \(log) that this workstation has are not known to the one "
                    + "that succeeds it")
        case .beyond(let log, let named, let here):
            Terminal.warn(
                "the server's journal succeeds journal \(log) from record \(named) on, of which this workstation has only "
                    + "\(here): whether it is the same one cannot be told here")
        default: break
        }
    }

    /// A person hears it before the next month is refused.
    private func warnOfOtherRecipients(_ state: BackupState, _ configuration: Configuration) {
        let named = configuration.recipients
        guard !named.isEmpty, !state.recipients.isEmpty, Set(named) != Set(state.recipients) else { return }
        Terminal.warn(
            "the server's age key was changed, and nothing is sealed here until this workstation is paired again: "
                + "init_WS.sh --pair 'LINE', with the line that init_LS.sh prints on the server")
    }
}

/// What the rounds of one delivery add up to.
struct DeliveryTally {
    var recorded: [(id: EventID, seq: Int)] = []
    var later: [(id: EventID, why: EventAnswer.Explanation)] = []
    var refused: [RefusedEvent] = []
    var copied = 0
    /// Behind those that wait for the quota.
    var waiting = 0
    var head: Checkpoint?

    /// Whether the outbox has a damaged line.
    var isDamaged = false

    var hasWarnings: Bool { !later.isEmpty || !refused.isEmpty || isDamaged }

    private var overQuota: [EventAnswer.Explanation] { later.map(\.why).filter { $0.name == QuotaGate.name } }

    mutating func add(_ outcome: DeliveryRound.Outcome) {
        recorded += outcome.update.recorded.sorted { $0.value < $1.value }.map { ($0.key, $0.value) }
        later += outcome.later
        refused += outcome.refused
        waiting += outcome.waiting
        copied += outcome.update.added
        head = outcome.update.head?.checkpoint ?? head
    }

    func warn() {
        for event in refused { Terminal.warn("\(event.id) is refused for ever: \(event.why.text)") }
        for event in later where event.why.name != QuotaGate.name {
            Terminal.warn("\(event.id) stays pending: \(event.why.text)")
        }
        if let why = overQuota.first {
            let count = overQuota.count + waiting
            Terminal.warn("\(Plain.counted(count, "event")) stay pending, and nothing is lost: \(why.text)")
        }
    }

    func show(asJSON: Bool) {
        warn()
        if asJSON {
            Terminal.json([
                "recorded": .array(
                    recorded.map { .object(["id": .string($0.id.description), "seq": .integer($0.seq)]) }),
                "later": .array(later.map { Self.object($0.id, $0.why) }), "waiting": .integer(waiting),
                "refused": .array(refused.map { Self.object($0.id, $0.why) }), "copied": .integer(copied),
                "size": head.map { .integer($0.size) } ?? .null,
                "head": head.map { .string($0.head.hex) } ?? .null,
            ])
            return
        }
        for event in recorded { Terminal.data("\(event.seq) \(event.id)") }
        Terminal.say(
            "\(Plain.counted(recorded.count, "event")) recorded; the replica has "
                + "\(Plain.counted(copied, "new record")), \(head?.size ?? 0) in all")
    }

    private static func object(_ id: EventID, _ why: EventAnswer.Explanation) -> JSONValue {
        .object(["id": .string(id.description), "reason": .string(why.name), "text": .string(why.text)])
    }
}

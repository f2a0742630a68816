import ArgumentParser
import Backup
import BackupJournal
import Digest
import DurableFiles
import JournalFormat
import JournalStore
import Machines

struct DeliverCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "deliver", abstract: "On the workstation: send what is pending, and bring the replica up to date.",
        discussion: """
            COMMAND gets the delivery on its standard input and answers on its standard output:

              devjournal deliver -- ssh ls devjournal serve deliver
              devjournal deliver -- devjournal serve deliver --config ls.conf

            What the server answers is judged with every signature and checked against everything this machine \
            remembers before it is written. An event is delivered once, however often an answer is lost. One that the \
            server cannot judge yet stays pending, and so does what is beyond the server's daily quota for this key \
            (AUTHOR_EVENTS_PER_DAY, AUTHOR_BYTES_PER_DAY): a later delivery brings the rest. One that it refuses is \
            set aside and reported, and the others are delivered. Where the server's journal is not the one that is \
            remembered, nothing is delivered and both signed heads are printed. An exchange in which nothing arrives \
            for 5 minutes, or less than 1,000 bytes a second for longer, is ended.

            Exit status: 0 everything pending is recorded · 1 a fork, a journal that is too short or continues \
            another one than this workstation's old one, an answer that cannot be believed · 2 COMMAND failed, or a \
            full disk: try again · 4 delivered, but events were refused or put off, or the outbox has a damaged line · \
            6 a cut, which devjournal witness accept may accept, or a root that was replaced: devjournal replica pin · \
            7 no journal is pinned · 12 another ssh host key answers than the one that was paired · 64 wrong usage
            """)

    @OptionGroup var options: ConfigurationOption
    @OptionGroup var output: JSONOption
    @Argument(parsing: .postTerminator, help: "What reaches the server.")
    var command: [String] = []

    func validate() throws {
        if command.isEmpty { throw ValidationError("what reaches the server is missing: deliver -- COMMAND") }
    }

    func run() async throws {
        let machine = try options.read()
        let workstation = try Workstation(machine)
        let heads = WitnessHeads(machine)
        var tally = Tally()
        var postponed: Set<EventID> = []
        var goesOn = true
        while goesOn {
            try requireSuccession(workstation)
            let known = try heads.read()
            let round = try DeliveryRound(workstation.files, pin: workstation.pin, heads: known, postponed: postponed)
            let answer = try await CommandExchange.deliver(round.delivery, command, workstation)
            let outcome = try round.finish(answer, now: Clock.now())
            if let head = outcome.update.head { try heads.remember(head) }
            postponed.formUnion(outcome.later.map(\.id))
            tally.add(outcome)
            goesOn = outcome.goesOn
        }
        tellSuccession(try requireSuccession(workstation))
        let damaged = try workstation.files.outbox.read(log: workstation.pin.log)
        workstation.warn(damaged)
        if tally.copied > 0 { warnOfOtherRecipients(try workstation.expectedState(damaged), machine) }
        tally.show(asJSON: output.json)
        if !tally.later.isEmpty || !tally.refused.isEmpty || !damaged.damaged.isEmpty {
            throw ExitCode(ExitStatus.warnings.rawValue)
        }
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
    private func warnOfOtherRecipients(_ state: BackupState, _ machine: Machine) {
        let named = machine.recipients
        guard !named.isEmpty, !state.recipients.isEmpty, Set(named) != Set(state.recipients) else { return }
        Terminal.warn(
            "the server's age key was changed, and nothing is sealed here until this workstation is paired again: "
                + "init_WS.sh --pair 'LINE', with the line that init_LS.sh prints on the server")
    }
}

/// What the rounds of one delivery add up to.
private struct Tally {
    var recorded: [(id: EventID, seq: Int)] = []
    var later: [(id: EventID, why: EventAnswer.Explanation)] = []
    var refused: [RefusedEvent] = []
    var copied = 0
    /// Behind those that wait for the quota.
    var waiting = 0
    var head: Checkpoint?

    private var overQuota: [EventAnswer.Explanation] {
        later.map(\.why).filter { $0.name == EventAnswer.Explanation.quota }
    }

    mutating func add(_ outcome: DeliveryRound.Outcome) {
        recorded += outcome.update.recorded.sorted { $0.value < $1.value }.map { ($0.key, $0.value) }
        later += outcome.later
        refused += outcome.refused
        waiting += outcome.waiting
        copied += outcome.update.added
        head = outcome.update.head?.checkpoint ?? head
    }

    func show(asJSON: Bool) {
        for event in refused { Terminal.warn("\(event.id) is refused for ever: \(event.why.text)") }
        for event in later where event.why.name != EventAnswer.Explanation.quota {
            Terminal.warn("\(event.id) stays pending: \(event.why.text)")
        }
        if let why = overQuota.first {
            let count = overQuota.count + waiting
            Terminal.warn("\(Plain.counted(count, "event")) stay pending, and nothing is lost: \(why.text)")
        }
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

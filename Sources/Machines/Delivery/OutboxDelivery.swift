import Backup
import BackupJournal
import DurableFiles
package import JournalFormat
package import JournalStore

/// `deliver`: sends what is pending, in as many rounds as that takes, and brings the replica up to date.
package struct OutboxDelivery {
    /// What the rounds add up to.
    package struct Result: Sendable {
        package private(set) var recorded: [(id: EventID, seq: Int)] = []
        package private(set) var later: [(id: EventID, why: EventAnswer.Explanation)] = []
        package private(set) var refused: [RefusedEvent] = []
        /// Records that the replica got.
        package private(set) var copied = 0
        /// Events after those that wait for the quota.
        package private(set) var waiting = 0
        package private(set) var head: Checkpoint?
        /// Whether the outbox has lines that cannot be sent.
        package fileprivate(set) var isDamaged = false

        package var overQuota: [EventAnswer.Explanation] {
            later.map(\.why).filter { $0.name == EventAnswer.Explanation.quota }
        }
        /// Whether a person should look.
        package var needsAttention: Bool { !later.isEmpty || !refused.isEmpty || isDamaged }

        fileprivate mutating func add(_ outcome: DeliveryRound.Outcome) {
            recorded += outcome.update.recorded.sorted { $0.value < $1.value }.map { ($0.key, $0.value) }
            later += outcome.later
            refused += outcome.refused
            waiting += outcome.waiting
            copied += outcome.update.added
            head = outcome.update.head?.checkpoint ?? head
        }
    }

    private let workstation: Workstation

    package init(_ workstation: Workstation) {
        self.workstation = workstation
    }

    private var machine: Machine { workstation.machine }

    package func run(_ server: ServerExchange) async throws -> Result {
        let heads = WitnessHeads(machine)
        var result = Result()
        var postponed: Set<EventID> = []
        var goesOn = true
        while goesOn {
            try requireSuccession()
            let known = try heads.read()
            let round = try DeliveryRound(workstation.files, pin: workstation.pin, heads: known, postponed: postponed)
            let answer = try await server(round.delivery)
            let outcome = try round.finish(answer, now: machine.now())
            if let head = outcome.update.head { try heads.remember(head) }
            postponed.formUnion(outcome.later.map(\.id))
            result.add(outcome)
            goesOn = outcome.goesOn
        }
        tell(try requireSuccession())
        let outbox = try workstation.files.outbox.read(log: workstation.pin.log)
        workstation.warn(outbox)
        result.isDamaged = !outbox.damaged.isEmpty
        if result.copied > 0 { warnOfOtherRecipients(try workstation.expectedState(outbox)) }
        return result
    }

    /// The journal that continues one whose server was lost must say so, with a head that the old replica holds: before
    /// that nothing is said to it.
    @discardableResult
    private func requireSuccession() throws -> SuccessionFinding {
        let finding = try workstation.files.judgeSuccession(workstation.pin)
        guard case .conflict(let why) = finding else { return finding }
        throw DeliveryError.succeedsAnother(why, note: workstation.files.succeeds)
    }

    private func tell(_ finding: SuccessionFinding) {
        switch finding {
        case .fits(let log, let unknown) where unknown > 0:
            machine.reporter.warn(
                "\(Plain.counted(unknown, "record")) of journal \(log) that this workstation has are unknown to the one "
                    + "that succeeds it")
        case .beyond(let log, let named, let here):
            machine.reporter.warn(
                "the server's journal succeeds journal \(log) from record \(named) on, of which this workstation has only "
                    + "\(here): this machine cannot tell whether it is the same one")
        default: break
        }
    }

    /// A person hears it before the next month is refused.
    private func warnOfOtherRecipients(_ state: BackupState) {
        let named = machine.recipients
        guard !named.isEmpty, !state.recipients.isEmpty, Set(named) != Set(state.recipients) else { return }
        machine.reporter.warn(
            "the server's age key was changed, and nothing is sealed here until this workstation is paired again: "
                + "init_WS.sh --pair 'LINE', with the line that init_LS.sh prints on the server")
    }
}

import Backup
import BackupJournal
import DurableFiles
import JournalFormat
import JournalStore
import Machines

/// Another root is pinned, by hand. It has to vouch for what the replica holds, or for what the server sends now.
struct PinChange {
    private let machine: Machine
    private let old: ReplicaPin
    private let new: ReplicaPin
    private let acceptsUnendorsed: Bool

    init(_ machine: Machine, from old: ReplicaPin, to new: ReplicaPin, acceptsUnendorsed: Bool) {
        self.machine = machine
        self.old = old
        self.new = new
        self.acceptsUnendorsed = acceptsUnendorsed
    }

    private var files: WorkstationFiles { WorkstationFiles(machine.workstationState) }

    func run(_ command: [String]) async throws {
        let isUsed = try !files.outbox.isEmpty || files.replica.hasRecords()
        guard old.log == new.log || !isUsed else {
            throw Complaint(
                "this workstation belongs to journal \(old.log)",
                hint: "another data set has a WS_STATE of its own; where the server and its recovery kit are lost: "
                    + "devjournal replica succeed", .refused)
        }
        if try pinHere() { return }
        guard !command.isEmpty else {
            throw Complaint(
                "root \(new.root) does not vouch for the replica; nothing was changed",
                hint: "where it came in later, name what reaches the server, as in devjournal deliver: "
                    + "devjournal replica pin … -- COMMAND", .damaged)
        }
        try await pinThere(command)
    }

    /// The replica as it is; also what a run left that was interrupted between lines and pin.
    private func pinHere() throws -> Bool {
        let lock = try FileLock(files.replicaLock)
        if try files.replica.hasRecords() {
            do {
                let replay = try files.replica.replay(pinnedRoot: new.root)
                try require(replay.verifier.replacements, replay.verifier.keyring)
            } catch let error as JournalError {
                guard case .damaged(let damage) = error, damage.reason == .root else { throw error }
                return false
            }
        }
        try new.write(files.pin)
        lock.unlock()
        return true
    }

    private func pinThere(_ command: [String]) async throws {
        let heads = WitnessHeads(machine)
        let workstation = try Workstation(machine)
        let round = try DeliveryRound(files, pin: old, heads: try heads.read(), sendsEvents: false)
        let answer = try DeliveryRound.parse(
            try await DeliverCommand.exchange(round.delivery, command, workstation))
        let replica = round.openReplica()
        let judged: Replica.OtherRoot
        do throws(ReplicaError) { judged = try replica.judge(answer, under: new.root) } catch {
            guard case .line(let damage) = error, damage.reason == .root else { throw error }
            throw Complaint(
                "root \(new.root) does not vouch for the server's journal; nothing was changed",
                hint: "compare the fingerprint with the server's own screen: devjournal verify", .damaged)
        }
        try require(judged.replacements, judged.keyring)
        let update = try replica.take(judged)
        try new.write(files.pin)
        if let head = update.head { try heads.remember(head) }
        Terminal.say("the replica has \(Plain.counted(update.added, "new record"))")
    }

    /// Each replacement since the old pin has to carry this workstation's own word.
    private func require(_ replacements: [Verifier.Replacement], _ keyring: Keyring) throws {
        guard let key = try machine.authorKey()?.id else { return }
        for replacement in replacements.drop(while: { !$0.setAside.contains(old.root) }) {
            let names = replacement.endorsers.map { "\(keyring[$0]?.name ?? "-") (\($0))" }
            Terminal.warn(
                "record \(replacement.record) replaced the root by \(replacement.root), endorsed by \(Plain.list(names))"
            )
            guard replacement.endorsers.contains(key) || acceptsUnendorsed else {
                throw Complaint(
                    "this workstation's key has not endorsed the root that came in with record \(replacement.record)",
                    hint: "ask who endorsed it; --unendorsed accepts it all the same", .refused)
            }
        }
    }
}

import Backup
import BackupJournal
import DurableFiles
import JournalFormat
package import JournalStore
package import Machines

/// Another root is pinned, by hand. It has to vouch for what the replica holds, or for what the server sends now.
package struct PinChange {
    private let machine: Machine
    private let old: ReplicaPin
    private let new: ReplicaPin
    private let acceptsUnendorsed: Bool

    package init(_ machine: Machine, from old: ReplicaPin, to new: ReplicaPin, acceptsUnendorsed: Bool) {
        self.machine = machine
        self.old = old
        self.new = new
        self.acceptsUnendorsed = acceptsUnendorsed
    }

    private var files: WorkstationFiles { WorkstationFiles(machine.workstationState) }

    package func run(_ server: ServerExchange?) async throws {
        let isUsed = try !files.outbox.isEmpty || files.replica.hasRecords()
        guard old.log == new.log || !isUsed else {
            throw PinError.otherJournal(old.log)
        }
        if try pinHere() { return }
        guard let server else {
            throw PinError.notVouching(new.root, for: .replica)
        }
        try await pinThere(server)
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

    private func pinThere(_ server: ServerExchange) async throws {
        let heads = WitnessHeads(machine)
        let round = try DeliveryRound(files, pin: old, heads: try heads.read(), sendsEvents: false)
        let answer = try DeliveryRound.parse(
            try await server(round.delivery))
        let replica = round.openReplica()
        let judged: Replica.OtherRoot
        do throws(ReplicaError) { judged = try replica.judge(answer, under: new.root) } catch {
            guard case .line(let damage) = error, damage.reason == .root else { throw error }
            throw PinError.notVouching(new.root, for: .server)
        }
        try require(judged.replacements, judged.keyring)
        let update = try replica.take(judged)
        try new.write(files.pin)
        if let head = update.head { try heads.remember(head) }
        machine.reporter.say("the replica has \(Plain.counted(update.added, "new record"))")
    }

    /// Each replacement since the old pin has to carry this workstation's own word.
    private func require(_ replacements: [Verifier.Replacement], _ keyring: Keyring) throws {
        guard let key = try machine.authorKey()?.id else { return }
        for replacement in replacements.drop(while: { !$0.setAside.contains(old.root) }) {
            let names = replacement.endorsers.map { "\(keyring[$0]?.name ?? "-") (\($0))" }
            machine.reporter.warn(
                "record \(replacement.record) replaced the root by \(replacement.root), endorsed by \(Plain.list(names))"
            )
            guard replacement.endorsers.contains(key) || acceptsUnendorsed else {
                throw PinError.notEndorsed(record: replacement.record)
            }
        }
    }
}

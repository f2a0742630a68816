import Backup
import BackupJournal
import Digest
import DurableFiles
package import JournalFormat
import JournalStore
package import Machines
import Sodium
package import SystemPackage

/// `witness accept`: the server was lost, and with it records that this machine remembers. A person gives them up; the
/// heads that say so are kept for ever.
package struct CutAcceptance {
    /// Heads that are given up, and what stands in their place.
    package struct GivenUp: Sendable, Equatable {
        package let superseded: [SignedCheckpoint]
        package let accepted: SignedCheckpoint
        /// The record after which the journal continues.
        package let base: Int
        /// Records taken out of the replica, and where they are kept.
        package fileprivate(set) var lost = 0
        package fileprivate(set) var kept: FilePath?
    }

    package enum Outcome: Sendable, Equatable {
        /// The journal has every head that is remembered: so many.
        case nothing(heads: Int)
        case given(GivenUp)
    }

    private let machine: Machine
    private let reason: String?
    /// Told what is given up before it is.
    private let showing: (GivenUp) -> Void

    package init(_ machine: Machine, reason: String?, showing: @escaping (GivenUp) -> Void) {
        self.machine = machine
        self.reason = reason
        self.showing = showing
    }

    private var heads: WitnessHeads { WitnessHeads(machine) }

    /// On a workstation apart from the server: the replica's records are kept in a file of their own, the replica
    /// continues with the server's lines, and what this workstation said in them is pending again.
    ///
    package func acceptThere(_ server: ServerExchange) async throws -> Outcome {
        let workstation = try Workstation(machine)
        let lock = try heads.lock()
        let known = try heads.read()
        let round = try DeliveryRound(workstation.files, pin: workstation.pin, heads: known, sendsEvents: false)
        let answer = try DeliveryRound.parse(
            try await server(round.delivery))
        var replica = round.openReplica()
        guard let cut = try replica.cut(answer) else { return .nothing(heads: known.count) }
        var given = GivenUp(superseded: cut.superseded, accepted: cut.head, base: cut.base, lost: cut.lost)
        showing(given)
        try heads.keepSuperseded(cut.superseded)
        try say(given, epoch: cut.epoch, workstation)
        given.kept = try replica.accept(answer, keepingLostIn: workstation.files.lost)
        try heads.write(known.filter { !cut.superseded.contains($0) } + [cut.head])
        lock.unlock()
        return .given(given)
    }

    /// On a machine that holds the journal itself.
    package func acceptHere() throws -> Outcome {
        if try machine.readsReplica() { throw WitnessError.needsServersJournal }
        let lock = try heads.lock()
        let known = try heads.read()
        let evidence = HeadEvidence(directory: machine.server.journal, heads: known, offered: 0)
        let findings = try evidence.require(pinnedRoot: try machine.server.pinnedRoot(), acceptingCuts: true)
        var superseded: [SignedCheckpoint] = []
        var base = Int.max
        for (head, finding) in zip(known, findings) {
            guard case .cut(let lost) = finding else { continue }
            superseded.append(head)
            base = min(base, lost)
        }
        guard !superseded.isEmpty else { return .nothing(heads: known.count) }
        guard let author = try machine.authorKey() else { throw JournalError.keyMissing(.author) }
        var journal = try machine.openJournal(.reading)
        let given = GivenUp(superseded: superseded, accepted: try journal.signedHead(), base: base)
        showing(given)
        try heads.keepSuperseded(superseded)
        try record(given, author, &journal)
        try heads.write(known.filter { !superseded.contains($0) } + [try journal.writeCheckpoint()])
        journal.close()
        lock.unlock()
        return .given(given)
    }

    /// Once: a run that was interrupted after this finds the event.
    private func say(_ given: GivenUp, epoch: Int, _ workstation: Workstation) throws {
        let data = data(given, epoch: epoch)
        var outbox = try Outbox(workstation.files.outbox, log: workstation.pin.log)
        let isSaid = outbox.contents.entries.contains {
            $0.event.isOf(.witnessAccepted) && $0.event.data["superseded"] == data["superseded"]
        }
        if isSaid { return }
        try workstation.say(try workstation.decided(.acceptCut(data), by: .initial), in: &outbox)
    }

    /// Once: a run that was interrupted after this finds the event.
    private func record(_ given: GivenUp, _ author: JournalKey, _ journal: inout Journal) throws {
        let data = data(given, epoch: journal.replay.verifier.epoch)
        var isRecorded = false
        _ = try machine.replay { record, _ in
            isRecorded =
                isRecorded
                || record.event.isOf(.witnessAccepted) && record.event.author == author.id
                    && record.event.data["superseded"] == data["superseded"]
        }
        guard !isRecorded else { return }
        _ = try machine.record(.acceptCut(data), in: &journal, author: author)
    }

    /// What `witness.accepted` says.
    private func data(_ given: GivenUp, epoch: Int) -> JSONObject {
        let list = given.superseded.map(\.checkpoint).map { head in
            JSONValue.object([
                "epoch": .integer(head.epoch), "size": .integer(head.size),
                "root": .string(Base64.encode(head.root.bytes)), "head": .string(head.head.hex),
            ])
        }
        var data: JSONObject = ["superseded": .array(list), "base": .integer(given.base), "epoch": .integer(epoch)]
        data["reason"] = reason.map { .string($0) }
        return data
    }
}

import Backup
import Digest
import DurableFiles
import JournalFormat
import JournalStore
import Sodium

/// `witness accept -- COMMAND`: the server was lost, and with it records that this machine's replica holds. A person
/// gives them up: they are kept in a file of their own, the replica goes on with the server's lines, and what this
/// workstation said in them is pending again.
struct CutAcceptance {
    let workstation: Workstation
    let heads: WitnessHeads
    let reason: String?
    let asJSON: Bool

    func run(_ command: [String]) async throws {
        let lock = try heads.lock()
        let known = try heads.read()
        let round = try DeliveryRound(
            workstation.files, pin: workstation.pin, heads: known, sendsEvents: false)
        let answer = try DeliveryRound.parse(
            try await DeliverCommand.exchange(round.delivery, command, workstation))
        var replica = round.openReplica()
        guard let cut = try replica.cut(answer) else {
            Terminal.say(
                "there is nothing to accept: the server's journal has what is remembered, \(Plain.counted(known.count, "head"))"
            )
            if asJSON { Terminal.json(WitnessAcceptance.nothing) }
            return
        }
        if !asJSON { WitnessAcceptance.show(cut.superseded, cut.head) }
        try heads.keepSuperseded(cut.superseded)
        try say(cut)
        let file = try replica.accept(answer, keepingLostIn: workstation.files.lost)
        try heads.write(known.filter { !cut.superseded.contains($0) } + [cut.head])
        lock.unlock()
        if asJSON {
            Terminal.json(
                WitnessAcceptance.json(cut.superseded, cut.head, base: cut.base, kept: file.map { "\($0)" }))
        }
        if let file {
            Terminal.say("\(Plain.counted(cut.lost, "record")) taken out of the replica are kept in \(file)")
        }
        Terminal.say(
            "the acceptance and what this workstation said in those records are pending; devjournal deliver sends them")
    }

    /// Once: a run that was interrupted behind this finds the event.
    private func say(_ cut: Replica.Cut) throws {
        let data = WitnessAcceptance.data(cut.superseded, base: cut.base, epoch: cut.epoch, reason: reason)
        var outbox = try Outbox(workstation.files.outbox, log: workstation.pin.log)
        let isSaid = outbox.contents.entries.contains {
            $0.event.isOf(.witnessAccepted) && $0.event.data["superseded"] == data["superseded"]
        }
        if isSaid { return }
        let id = EventID(at: Clock.now(), random: randomBytes(10))
        try workstation.say([(Claim.on(NewEvent(.witnessAccepted, by: .author, data)), id)], in: &outbox)
    }
}

/// What `witness.accepted` says, and what the command shows.
enum WitnessAcceptance {
    /// `--json` where no head was given up.
    static let nothing: JSONObject = ["superseded": .array([]), "accepted": .null, "base": .null, "kept": .null]

    /// - Parameter kept: the file that holds the lines taken out of the replica; nil where there are none.
    static func json(
        _ superseded: [SignedCheckpoint], _ accepted: SignedCheckpoint, base: Int, kept: String?
    ) -> JSONObject {
        [
            "superseded": .array(superseded.map { .string($0.note) }), "accepted": .string(accepted.note),
            "base": .integer(base), "kept": kept.map { .string($0) } ?? .null,
        ]
    }

    static func show(_ superseded: [SignedCheckpoint], _ accepted: SignedCheckpoint) {
        Terminal.say("given up, signed by the sequencer then:")
        Terminal.exact(superseded.map(\.note).joined())
        Terminal.say("accepted, signed by the sequencer now:")
        Terminal.exact(accepted.note)
    }

    static func data(_ superseded: [SignedCheckpoint], base: Int, epoch: Int, reason: String?) -> JSONObject {
        let list = superseded.map(\.checkpoint).map { head in
            JSONValue.object([
                "epoch": .integer(head.epoch), "size": .integer(head.size),
                "root": .string(Base64.encode(head.root.bytes)), "head": .string(head.head.hex),
            ])
        }
        var data: JSONObject = ["superseded": .array(list), "base": .integer(base), "epoch": .integer(epoch)]
        data["reason"] = reason.map { .string($0) }
        return data
    }
}

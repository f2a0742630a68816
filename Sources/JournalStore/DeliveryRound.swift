package import JournalFormat

/// One exchange with the server: what is sent, and what is made of the answer. Whatever is lost on the way, or
/// whenever this machine or the other stops, the next round begins from what stands in the files.
package struct DeliveryRound: ~Copyable {
    package struct Outcome: Sendable {
        package let update: Replica.Update
        package let later: [(id: EventID, why: EventAnswer.Explanation)]
        package let refused: [RefusedEvent]
        /// Pending events that were not sent: those after the ones that the server puts off until there is room in
        /// this key's quota again.
        package let waiting: Int
        /// Whether another round has something to do.
        package let goesOn: Bool
    }

    package let delivery: Delivery
    private let files: WorkstationFiles
    private var replica: Replica
    private let sent: [OutboxEntry]
    /// Events that are pending and were not sent.
    private let left: Int

    /// - Parameter postponed: events that the server has put off in an earlier round; they are not sent again now.
    package init(
        _ files: WorkstationFiles, pin: ReplicaPin, heads: [SignedCheckpoint], postponed: Set<EventID> = [],
        sendsEvents: Bool = true
    ) throws(ReplicaError) {
        // The outbox is read first: an event that is said meanwhile waits for the next round.
        let opened = try OpenedReplica(files, pin: pin, heads: heads)
        let pending = opened.outbox.pending(recorded: opened.recorded).filter { !postponed.contains($0.event.id) }
        let heads = try opened.replica.deliveryHeads()
        // The server must hold what this machine remembers; where that is more than the replica has, the lines come
        // first and are judged, and then the events go.
        var sent: [OutboxEntry] = []
        if sendsEvents, !heads.isEmpty, opened.replica.reachesHeads {
            var room = Delivery.maximumLength - (1 << 14)
            for entry in pending.prefix(Delivery.maximumEvents) {
                room -= entry.bytes.count + 1
                if room < 0 { break }
                sent.append(entry)
            }
        }
        self.files = files
        self.sent = sent
        left = sendsEvents ? pending.count - sent.count : 0
        delivery = Delivery(log: pin.log, heads: heads, events: sent.map(\.bytes))
        replica = opened.replica
    }

    /// Judges the answer and keeps what it brings.
    ///
    /// - Parameter now: when events are set aside.
    package consuming func finish(_ answer: [UInt8], now: Timestamp) throws(ReplicaError) -> Outcome {
        let answer = try Self.parse(answer)
        // A server whose history differs, or that has more lines to send first, answers none of them.
        let isElsewhere = !answer.isWhole || answer.from != replica.size
        guard answer.events.count == sent.count || answer.events.isEmpty && isElsewhere else {
            throw .wrong("it answers \(answer.events.count) events of \(sent.count)")
        }
        let before = replica.size
        let mine = Dictionary(sent.map { ($0.event.id, $0.bytes) }, uniquingKeysWith: { first, _ in first })
        let update = try replica.take(answer, events: mine)
        var later: [(id: EventID, why: EventAnswer.Explanation)] = []
        var refused: [RefusedEvent] = []
        for (entry, verdict) in zip(sent, answer.events) {
            let id = entry.event.id
            switch verdict {
            case .recorded(let seq):
                // Believed only where the lines show it.
                guard update.recorded[id] == seq else {
                    throw .wrong("record \(seq) is not the event \(id), as it says")
                }
            case .later(let why): later.append((id, why))
            case .never(let why): refused.append(RefusedEvent(id: id, why: why, at: now))
            }
        }
        if !refused.isEmpty { try setAside(refused) }
        let hasMoved = replica.size > before || !answer.events.isEmpty
        // What is after an event that waits for the quota has to wait as well, or it would be recorded before it.
        let isOverQuota = later.contains { $0.why.name == EventAnswer.Explanation.quota }
        let hasMore = !isOverQuota && (left > 0 || answer.events.count < sent.count)
        return Outcome(
            update: update, later: later, refused: refused, waiting: isOverQuota ? left : 0,
            goesOn: hasMoved && (!answer.isWhole || hasMore))
    }

    /// Gives the replica away, for a caller that judges the answer in another way.
    package consuming func openReplica() -> Replica { replica }

    private func setAside(_ refused: [RefusedEvent]) throws(ReplicaError) {
        do throws(JournalError) {
            var outbox = try Outbox(files.outbox, log: replica.pin.log)
            try outbox.refuse(refused)
        } catch {
            throw .outbox(error)
        }
    }

    package static func parse(_ answer: [UInt8]) throws(ReplicaError) -> DeliveryAnswer {
        do { return try DeliveryAnswer(parsing: answer) } catch { throw .unreadable(error) }
    }
}

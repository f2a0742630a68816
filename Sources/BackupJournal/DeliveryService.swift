package import Backup
package import JournalFormat
package import JournalStore

extension Journal {
    /// Answers a delivery, the server's side: records the events that may be recorded, one batch, durably.
    ///
    /// Nothing is recorded unless this journal holds the workstation's own head and the answer leads from there to the
    /// journal's: a journal that was cut, forked or set back must be found out before anything is added to it.
    ///
    /// - Parameters:
    ///   - quota: what each author may add in a day; beyond it events wait in their outbox.
    ///   - limit: bytes of lines beyond which an answer holds no more, and records no event.
    package mutating func answer(
        _ delivery: Delivery, quota: AuthorQuota = .none, limit: Int = DeliveryAnswer.maximumLines
    ) throws(JournalError) -> DeliveryAnswer {
        precondition(delivery.log == log, "the caller has compared the journals' ids")
        try makeDurable()
        let from = try commonSize(delivery.heads)
        let before = size
        var lines = try directory.lines(from: from + 1, through: before, limit: limit)
        var answers: [EventAnswer] = []
        if from + lines.count == before, let head = delivery.heads.first, head.size == from {
            answers = try record(delivery.events, behind: from, lines, quota)
            lines += try directory.lines(from: before + 1, through: size)
        }
        return DeliveryAnswer(
            log: log, from: from, checkpoint: try writeCheckpoint(), events: answers, lines: lines)
    }

    /// The largest size at which the other side's journal is this one.
    private func commonSize(_ heads: [Delivery.Head]) throws(JournalError) -> Int {
        for head in heads where head.size <= size {
            if try directory.heads(at: [head.size]) == [head] { return head.size }
        }
        return 0
    }

    private mutating func record(
        _ events: [[UInt8]], behind from: Int, _ lines: [[UInt8]], _ quota: AuthorQuota
    ) throws(JournalError) -> [EventAnswer] {
        guard !events.isEmpty else { return [] }
        var judge = DeliveryJudge(
            log: log, keyring: replay.verifier.keyring, state: try replay.readableState(),
            standing: try standing(events, behind: from, lines))
        let verdicts = try held(to: quota, events, events.map { judge.judge($0) })
        let new = zip(events, verdicts).filter { $0.1 == .record }.map { SignedEvent(bytes: $0.0) }
        let recorded = try orReason { () throws(BatchFailure) in try append(EventBatch(delivered: new)) }
        var receipts = try confirm(recorded)[...]
        var answers: [EventAnswer] = []
        for verdict in verdicts {
            switch verdict {
            case .record:
                guard let receipt = receipts.popFirst() else { preconditionFailure("each event has its receipt") }
                answers.append(.recorded(seq: receipt.seq))
            case .recorded(let seq): answers.append(.recorded(seq: seq))
            case .repeats(let index): answers.append(answers[index])
            case .later(let why): answers.append(.later(why))
            case .never(let why): answers.append(.never(why))
            }
        }
        return answers
    }

    /// What may be recorded, but not today, waits.
    private func held(
        to quota: AuthorQuota, _ events: [[UInt8]], _ verdicts: [DeliveryVerdict]
    ) throws(JournalError) -> [DeliveryVerdict] {
        guard quota != .none, verdicts.contains(.record) else { return verdicts }
        var gate = QuotaGate(quota, try recentRecords(), now: time)
        return zip(events, verdicts).map { event, verdict in
            guard verdict == .record, let author = try? EventLayout(event.span).author,
                let why = gate.refusal(bytes: event.count, by: author)
            else { return verdict }
            return .later(why)
        }
    }

    /// The delivered events that stand in the journal, found by their ids. An event whose answer was lost stands
    /// after the workstation's head, so the whole journal is read only for ids that stand elsewhere.
    private func standing(
        _ events: [[UInt8]], behind from: Int, _ lines: [[UInt8]]
    ) throws(JournalError) -> [EventID: DeliveryJudge.Standing] {
        var wanted: Set<EventID> = []
        for event in events {
            if let id = try? EventLayout(event.span).id, try replay.holds(id) { wanted.insert(id) }
        }
        var found: [EventID: DeliveryJudge.Standing] = [:]
        for (offset, line) in lines.enumerated() where found.count < wanted.count {
            if let event = RecordedEvent(line.span), wanted.contains(event.id) {
                found[event.id] = .init(seq: from + offset + 1, bytes: event.bytes)
            }
        }
        guard found.count < wanted.count else { return found }
        _ = try directory.replay { record, line in
            if wanted.contains(record.event.id), let event = RecordedEvent(line) {
                found[event.id] = .init(seq: record.seq, bytes: event.bytes)
            }
        }
        return found
    }
}

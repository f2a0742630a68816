package import JournalFormat

/// A workstation's own event as it waits to be recorded.
package struct OutboxEntry: Sendable {
    /// As it was signed, without LF.
    package let bytes: [UInt8]
    package let event: Event
}

/// An event that the server will not record: set aside, and not sent again.
package struct RefusedEvent: Sendable, Equatable {
    package let id: EventID
    package let why: EventAnswer.Explanation
    package let at: Timestamp

    package init(id: EventID, why: EventAnswer.Explanation, at: Timestamp) {
        self.id = id
        self.why = why
        self.at = at
    }

    var line: [UInt8] {
        let object: JSONObject = [
            "id": .string(id.description), "reason": .string(why.name), "text": .string(why.text),
            "at": .string(at.description),
        ]
        return JSONValue.object(object).bytes + [UInt8(ascii: "\n")]
    }

    init?(_ line: [UInt8]) {
        guard let object = try? JSONValue(parsing: line).object, let id = object["id"]?.string.flatMap({ EventID($0) }),
            let name = object["reason"]?.string, let text = object["text"]?.string,
            let at = object["at"]?.string.flatMap({ Timestamp($0) })
        else { return nil }
        self.init(id: id, why: .init(name, text), at: at)
    }
}

/// What an outbox holds, in the order in which it was said. Nothing is ever taken out of it: which events are pending
/// follows from the replica and from what was refused.
package struct OutboxContents: Sendable {
    /// A line that is not an event of this journal, or one more event with an id that is there already.
    package struct DamagedLine: Sendable {
        /// Counted from 1.
        package let line: Int
        package let reason: Reason
    }

    package enum Place: Sendable, Equatable {
        case recorded(seq: Int)
        case refused(EventAnswer.Explanation)
        case pending
    }

    package private(set) var entries: [OutboxEntry] = []
    package private(set) var damaged: [DamagedLine] = []
    package private(set) var refused: [EventID: RefusedEvent] = [:]
    private var indexOfID: [EventID: Int] = [:]

    /// - Parameters:
    ///   - log: the journal that the events are for.
    ///   - events: whole lines of `events.jsonl`.
    ///   - refused: whole lines of `refused.jsonl`. One that cannot be read costs no more than another delivery.
    package init(log: EventID, events: [UInt8], refused: [UInt8] = []) {
        for (index, line) in wholeLines(events).enumerated() {
            do throws(FormatError) { try take(Array(line), log) } catch {
                damaged.append(DamagedLine(line: index + 1, reason: error.reason))
            }
        }
        for line in wholeLines(refused) {
            if let event = RefusedEvent(Array(line)) { self.refused[event.id] = event }
        }
    }

    private mutating func take(_ line: [UInt8], _ log: EventID) throws(FormatError) {
        let layout = try EventLayout(line.span)
        guard layout.log == log else { throw FormatError(.log) }
        guard indexOfID[layout.id] == nil else { throw FormatError(.duplicateID) }
        indexOfID[layout.id] = entries.count
        entries.append(OutboxEntry(bytes: line, event: try layout.event(in: line.span)))
    }

    package subscript(id: EventID) -> OutboxEntry? { indexOfID[id].map { entries[$0] } }

    /// - Parameter recorded: where the replica has the events.
    package func place(of entry: OutboxEntry, recorded: [EventID: Int]) -> Place {
        if let seq = recorded[entry.event.id] { return .recorded(seq: seq) }
        if let refused = refused[entry.event.id] { return .refused(refused.why) }
        return .pending
    }

    package func pending(recorded: [EventID: Int]) -> [OutboxEntry] {
        entries.filter { place(of: $0, recorded: recorded) == .pending }
    }
}

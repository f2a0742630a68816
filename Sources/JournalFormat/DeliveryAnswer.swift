/// What becomes of one delivered event.
package enum EventAnswer: Sendable, Equatable {
    /// It stands in the journal, now or since an earlier delivery.
    case recorded(seq: Int)
    /// It cannot be judged yet, and may be delivered again.
    case later(Explanation)
    /// It will not be recorded.
    case never(Explanation)

    /// A stable name, and a sentence for a person.
    package struct Explanation: Sendable, Equatable {
        package static let maximumLength = 200
        /// The name by which a workstation knows that the events after this one have to wait, too.
        package static let quota = "quota"

        package let name: String
        package let text: String

        /// What is not printable ASCII in the text is shown as `?`.
        package init(_ name: String, _ text: String) {
            self.name = name
            let plain = text.unicodeScalars.prefix(Self.maximumLength).map { scalar in
                (0x20...0x7e).contains(scalar.value) ? scalar : "?"
            }
            self.text = plain.isEmpty ? "?" : String(String.UnicodeScalarView(plain))
        }

        package init(_ reason: Reason) {
            self.init(reason.rawValue, reason.explanation)
        }

        fileprivate init?(parsing words: [Substring]) {
            guard words.count == 2, (1...40).contains(words[0].utf8.count), !words[1].isEmpty,
                words[0].utf8.allSatisfy({ (0x61...0x7a).contains($0) || $0 == 0x2d }),
                words[1].utf8.count <= Self.maximumLength
            else { return nil }
            self.init(String(words[0]), String(words[1]))
        }
    }

    fileprivate var line: String {
        switch self {
        case .recorded(let seq): "recorded \(seq)\n"
        case .later(let why): "later \(why.name) \(why.text)\n"
        case .never(let why): "never \(why.name) \(why.text)\n"
        }
    }
}

/// What the server answers to a delivery (journal-format.md, "Deliveries").
///
///     devjournal-answer-v1 019c15a4-1200-767e-aacb-e773cdde221d
///     from 8
///     devjournal/019c15a4-1200-767e-aacb-e773cdde221d     the signed checkpoint
///     …
///     events 1
///     recorded 9
///     lines 1
///     {"v":1,…}
package struct DeliveryAnswer: Sendable, Equatable {
    /// How many bytes of lines an answer holds at most, but for those of the events that it records; when more are
    /// due, it records none, and the workstation asks again.
    package static let maximumLines = 1 << 25
    /// Bytes of a whole answer.
    package static let maximumLength = 1 << 26
    private static let magic = "devjournal-answer-v1"

    package let log: EventID
    /// The largest size among the delivery's heads that this journal holds, too; 0 where there is none.
    package let from: Int
    /// The journal's head.
    package let checkpoint: SignedCheckpoint
    /// One for each event in their order, or none where the events were not judged.
    package let events: [EventAnswer]
    /// The lines after `from`, each with its LF.
    package let lines: [[UInt8]]

    package init(
        log: EventID, from: Int, checkpoint: SignedCheckpoint, events: [EventAnswer], lines: [[UInt8]]
    ) {
        self.log = log
        self.from = from
        self.checkpoint = checkpoint
        self.events = events
        self.lines = lines
    }

    /// The size that the lines lead to.
    package var reach: Int { from + lines.count }

    /// Whether the lines lead to the journal's head.
    package var isWhole: Bool { reach == checkpoint.checkpoint.size }

    package var bytes: [UInt8] {
        var bytes = Array("\(Self.magic) \(log)\nfrom \(from)\n\(checkpoint.note)events \(events.count)\n".utf8)
        for event in events { bytes += event.line.utf8 }
        bytes += "lines \(lines.count)\n".utf8
        bytes.reserveCapacity(bytes.count + lines.reduce(0) { $0 + $1.count })
        for line in lines { bytes += line }
        return bytes
    }

    package init(parsing bytes: [UInt8]) throws(MessageError) {
        var lines = MessageLines(bytes)
        guard bytes.count <= Self.maximumLength else { throw lines.refusal("more than \(Self.maximumLength) bytes") }
        guard let log = EventID(String(try lines.words(after: Self.magic, count: 1)[0])) else {
            throw lines.refusal("no journal's id")
        }
        let from = try lines.number(try lines.words(after: "from", count: 1)[0])
        let note = try lines.note()
        guard let checkpoint = try? SignedCheckpoint(note: note), checkpoint.checkpoint.log == log else {
            throw lines.refusal("no checkpoint of this journal")
        }
        var events: [EventAnswer] = []
        let count = try lines.number(try lines.words(after: "events", count: 1)[0], limit: Delivery.maximumEvents)
        for _ in 0..<count { events.append(try Self.event(&lines)) }
        var records: [[UInt8]] = []
        for _ in 0..<(try lines.number(try lines.words(after: "lines", count: 1)[0])) {
            let line = try lines.line()
            guard line.count < RecordLayout.maximumLineLength else { throw lines.refusal("a line is too long") }
            records.append(line + [UInt8(ascii: "\n")])
        }
        try lines.requireEnd()
        guard checkpoint.checkpoint.size - from >= records.count else {
            throw lines.refusal("the lines go beyond the checkpoint")
        }
        self.init(log: log, from: from, checkpoint: checkpoint, events: events, lines: records)
        guard events.isEmpty || isWhole else { throw lines.refusal("events are answered, but not all lines are there") }
    }

    private static func event(_ lines: inout MessageLines) throws(MessageError) -> EventAnswer {
        let words = try lines.text().split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
        guard words.count == 2 else { throw lines.refusal("no answer to an event") }
        switch words[0] {
        case "recorded":
            let seq = try lines.number(words[1])
            guard seq >= 1 else { throw lines.refusal("no record's number") }
            return .recorded(seq: seq)
        case "later", "never":
            let rest = words[1].split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
            guard let why = EventAnswer.Explanation(parsing: rest) else { throw lines.refusal("no explanation") }
            return words[0] == "later" ? .later(why) : .never(why)
        default:
            throw lines.refusal("no answer to an event")
        }
    }
}

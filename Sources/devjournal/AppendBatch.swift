import Backup
import BackupJournal
import JournalFormat
import JournalStore
import Machines

/// Events from standard input, one JSON object a line, recorded together or not at all.
struct AppendBatch {
    private let machine: Machine
    private let speaker: AppendRequest.Speaker?

    private static let limit = 1 << 28

    init(_ machine: Machine, _ speaker: AppendRequest.Speaker?) {
        self.machine = machine
        self.speaker = speaker
    }

    func run(expectSeq: Int?, asJSON: Bool) throws {
        // Read first: the lock is not held while a slow producer makes up its mind.
        let wishes = try Self.read()
        let commands = try wishes.map { try command($0) }
        let needsState = commands.contains { $0.needsState }
        // What rests on no record is decided and signed before the lock is taken: others append meanwhile.
        var receipts: [Int: Receipt] = [:]
        let stories = needsState ? nil : try decideAll(zip(wishes, commands), .initial, &receipts)
        let prepared = try stories.flatMap { try prepare($0.map(\.entry)) }
        var journal = try machine.openJournal(
            .resuming(needsState ? .anything : .manyStories), keepsBallast: false)
        try journal.require(size: expectSeq, unlessItHolds: wishes.map(\.id))
        var entries: [Decided] = []
        if let stories {
            entries = stories
        } else {
            entries = try decideAll(zip(wishes, commands), try journal.replay.readableState(), &receipts)
        }
        do {
            let author = try machine.authorKey()
            let appended: [Receipt]
            if let prepared {
                appended = try journal.append(prepared, author: author)
            } else {
                appended = try journal.append(batch: entries.map(\.entry), author: author)
            }
            // Lines that were found and not written now must be on the disk, too, before they are acknowledged.
            if entries.isEmpty { try journal.confirm() }
            for (line, receipt) in zip(entries.map(\.line), appended) { receipts[line] = receipt }
        } catch let failure as BatchFailure {
            let complaint = Complaint(failure.reason)
            guard let index = failure.index else { throw complaint }
            throw Self.complaint(complaint, line: entries[index].line)
        }
        Outcome.hasRecorded(Array(receipts.values))
        if receipts.values.contains(where: \.isNew) {
            try machine.writeProjections(of: journal)
        }
        journal.close()
        let shown = wishes.compactMap { receipts[$0.line]?.text(asJSON: asJSON) }
        if !shown.isEmpty { Terminal.lines(shown.joined(separator: "\n")) }
        let known = receipts.values.count { !$0.isNew }
        if known > 0 { Terminal.say("recorded already: \(known) of \(Plain.counted(wishes.count, "event"))") }
    }

    private func prepare(_ entries: [BatchEntry]) throws -> PreparedBatch? {
        guard let sequencer = try KeyFile.read(machine.server.sequencerKey, role: .sequencer) else { return nil }
        return PreparedBatch(
            entries, for: machine.server.journal, sequencer: sequencer, author: try machine.authorKey(),
            clock: machine.clock())
    }

    // MARK: Input

    private struct Wish {
        /// Counted from 1.
        let line: Int
        let type: EventType
        let data: JSONObject
        let id: EventID?
    }

    /// The events of standard input as an outbox takes them.
    static func wishesFromStandardInput() throws -> [OutboxAppend.Wish] {
        try read().map { OutboxAppend.Wish(type: $0.type, data: $0.data, id: $0.id) }
    }

    private static func read() throws -> [Wish] {
        let wishes = try parse(try EventData.standardInput(limit: limit))
        guard !wishes.isEmpty else { throw Complaint("standard input holds no event", .usage) }
        return wishes
    }

    private static func parse(_ input: [UInt8]) throws -> [Wish] {
        var lines = input.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        if lines.last?.isEmpty ?? false { lines.removeLast() }
        var wishes: [Wish] = []
        for (index, line) in lines.enumerated() {
            do {
                wishes.append(try wish(Array(line), line: index + 1))
            } catch let complaint as Complaint {
                throw Self.complaint(complaint, line: index + 1)
            }
        }
        return wishes
    }

    private static func wish(_ line: [UInt8], line number: Int) throws -> Wish {
        let shape = #"a line is {"type":"x.mine","data":{…}}, and may have an "id""#
        guard let object = try EventData.parse(line, called: "the event").object else {
            throw Complaint("no JSON object", hint: shape, .usage)
        }
        if let stranger = object.members.first(where: { !["type", "data", "id"].contains($0.key) }) {
            throw Complaint("\(stranger.key) is not a member of an event", hint: shape, .usage)
        }
        guard let typeText = object["type"]?.string, let type = EventType(typeText) else {
            throw Complaint("the type is missing or is not a type", hint: shape, .usage)
        }
        guard let data = object["data"]?.object else {
            throw Complaint("the data is not an object", hint: shape, .usage)
        }
        var id: EventID?
        if let value = object["id"] {
            id = value.string.flatMap { EventID($0) }
            guard id != nil else {
                throw Complaint("the id is not a UUIDv7 in lower case", hint: "devjournal id makes one", .usage)
            }
        }
        return Wish(line: number, type: type, data: data, id: id)
    }

    // MARK: Decision

    private typealias Decided = (line: Int, entry: BatchEntry)

    private func command(_ wish: Wish) throws -> Command {
        do { return try AppendRequest.command(wish.type, wish.data) } catch {
            throw Self.complaint(Complaint(error), line: wish.line)
        }
    }

    /// - Parameter receipts: gets those of what needs no new record, by line.
    private func decideAll(
        _ wishes: some Sequence<(Wish, Command)>, _ state: BackupState, _ receipts: inout [Int: Receipt]
    ) throws -> [Decided] {
        let thisMonth = machine.thisMonth()
        var decided: [Decided] = []
        var snapshots: Set<Label> = []
        for (wish, command) in wishes {
            do {
                if case .recordSnapshot(let snapshot, _) = command {
                    if speaker == .server {
                        throw Complaint("snapshot.taken is signed by the workstation", hint: "leave out --as", .usage)
                    }
                    guard snapshots.insert(snapshot.label).inserted else {
                        throw Complaint("\(snapshot.label) is taken twice in one batch", .refused)
                    }
                }
                let events = try decide(command, state, thisMonth: thisMonth)
                if events.isEmpty { receipts[wish.line] = try machine.receipt(ofEarlier: wish.type, wish.data) }
                for event in events {
                    let isSpoken = speaker == .workstation && event.author == .sequencer
                    let spoken = isSpoken ? NewEvent(event.type, by: .author, event.data) : event
                    decided.append((wish.line, BatchEntry(spoken, id: wish.id)))
                }
            } catch {
                throw Self.complaint(Complaint(error), line: wish.line)
            }
        }
        return decided
    }

    private static func complaint(_ complaint: Complaint, line: Int) -> Complaint {
        Complaint("line \(line): \(complaint.message)", hint: complaint.hint, complaint.status)
    }
}

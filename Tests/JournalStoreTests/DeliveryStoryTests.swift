import BackupJournal
import DurableFiles
import Foundation
import JournalFixtures
import JournalFormat
import JournalStore
import ScratchSpace
import SystemPackage
import Testing

/// Requests and answers that are lost, cut off or changed, and kills at both ends, in any order: every event is
/// recorded exactly once, as it was signed, in the outbox's order, and the replica is always the journal's beginning.
/// `DELIVERY_STORIES` sets how many stories of 40 rounds there are.
@Suite("Deliveries, whatever is lost on the way")
struct DeliveryStoryTests {
    @Test("Seeded stories", .timeLimit(.minutes(20)))
    func stories() throws {
        var random = SeededGenerator(0x0b0c)
        let stories = ProcessInfo.processInfo.environment["DELIVERY_STORIES"].flatMap(Int.init) ?? 8
        var told = Told()
        for _ in 0..<stories {
            var story = try Story(random)
            for _ in 0..<40 { try story.step() }
            try story.end()
            told.add(story.told)
            random = story.random
        }
        print(
            "\(stories) stories: \(told.rounds) rounds, \(told.lost) of them lost, \(told.kills) kills, "
                + "\(told.recorded) events recorded once, "
                + "\(told.refused) refused; \(told.ordered) stories in the outbox's order")
        #expect(told.recorded > stories && told.lost > stories && told.kills > stories)
    }
}

private struct Told {
    var rounds = 0
    var lost = 0
    var kills = 0
    var recorded = 0
    var refused = 0
    /// Stories in which the order had to be the outbox's.
    var ordered = 0

    mutating func add(_ other: Told) {
        rounds += other.rounds
        lost += other.lost
        kills += other.kills
        recorded += other.recorded
        refused += other.refused
        ordered += other.ordered
    }
}

private struct Story {
    var random: SeededGenerator
    var machines: TwoMachines
    var told = Told()
    /// What the outbox has acknowledged, in order; and what must become of each.
    private var said: [SignedEvent] = []
    private var good: Set<[UInt8]> = []
    private let tampers: Bool
    private var keepsOrder = true
    private let stranger = JournalKey.generate(.author)

    init(_ random: SeededGenerator) throws {
        self.random = random
        tampers = self.random.below(2) == 0
        machines = try TwoMachines()
    }

    mutating func step() throws {
        for _ in 0..<random.below(3) { try say() }
        if random.below(4) == 0 {
            var journal = try machines.server.open(now: machines.now())
            _ = try journal.record([note("LS \(random.below(1000))")], author: nil)
        }
        if random.below(6) == 0 { try killSpeaker() }
        try exchange()
        try check()
    }

    // MARK: The workstation speaks

    private mutating func say() throws {
        let number = JSONValue.integer(random.below(1_000_000))
        let event: SignedEvent
        switch random.below(10) {
        case 0: event = try machines.event("artifact.registered", ["n": number])
        case 1: event = try machines.event("snapshot.taken", ["label": .string("none"), "n": number])
        case 2: event = try machines.event("future.thing", ["n": number])
        case 3: event = try machines.event("x.stranger", ["n": number], by: stranger)
        default:
            event = try machines.event("x.good", ["n": number])
            good.insert(event.bytes)
        }
        try machines.say([event])
        said.append(event)
    }

    /// Ends while a line is being written; what was not acknowledged may be there whole or not at all.
    private mutating func killSpeaker() throws {
        told.kills += 1
        let event = try machines.event("x.good", ["killed": .integer(random.below(1000))])
        let line = event.bytes + [UInt8(ascii: "\n")]
        let written = random.below(line.count + 1)
        let path = machines.files.outbox.events
        try makeDirectories(machines.files.outbox.directory)
        try plant(path, (contents(path) ?? []) + line[..<written])
        if written == line.count {
            said.append(event)
            good.insert(event.bytes)
        }
    }

    // MARK: Exchanges

    private mutating func exchange() throws {
        told.rounds += 1
        let round = try DeliveryRound(machines.files, pin: machines.pin, heads: machines.heads)
        let request = round.delivery.bytes
        // Some stories are of honest transport alone.
        let fate = tampers ? random.below(9) : [0, 2, 3, 5, 6, 7, 8][random.below(7)]
        switch fate {
        case 0:
            told.lost += 1
        case 1:
            told.lost += 1
            // Cut off, or changed on the way: refused as a whole, or judged event by event.
            if random.below(2) == 0 {
                _ = try? machines.answer(Array(request.prefix(random.below(request.count))))
            } else {
                // One event may be spoilt, and those after it recorded: it follows when it is delivered again.
                keepsOrder = false
                _ = try? machines.answer(random.mutate(request))
            }
        case 2:
            told.lost += 1
            _ = try machines.answer(request)
        case 3:
            try killServer(request)
        case 4:
            told.lost += 1
            let answer = try machines.answer(request)
            let isCut = random.below(2) == 0
            try hostile(round, isCut ? Array(answer.prefix(random.below(answer.count))) : random.mutate(answer))
        case 5:
            let answer = try machines.answer(request)
            try killWorkstation(round, answer)
        default:
            let limit = random.below(4) == 0 ? 1500 : DeliveryAnswer.maximumLines
            machines.remember(try round.finish(try machines.answer(request, limit: limit), now: machines.now()))
        }
    }

    /// An answer that is not what the server said does no harm: what it claims about events may be a lie, but no line
    /// gets in that is not the journal's.
    private mutating func hostile(_ round: consuming DeliveryRound, _ answer: [UInt8]) throws {
        let refused = contents(machines.files.outbox.refused)
        do {
            machines.remember(try round.finish(answer, now: machines.now()))
            // "never" may have been put into its mouth: this test continues with what the server itself has refused.
            let path = machines.files.outbox.refused
            if let refused { try plant(path, refused) } else { try removeFile(path) }
        } catch is ReplicaError {
        }
    }

    /// The server ends while it writes: its last lines are half there, and nobody was answered.
    private mutating func killServer(_ request: [UInt8]) throws {
        told.kills += 1
        told.lost += 1
        let (segment, note) = (machines.server.segment, machines.server.directory.checkpointPath)
        let (before, checkpoint) = (contents(segment) ?? [], contents(note))
        _ = try machines.answer(request)
        let after = contents(segment) ?? []
        try plant(segment, Array(after[..<(before.count + random.below(after.count - before.count + 1))]))
        if let checkpoint { try plant(note, checkpoint) } else { try removeFile(note) }
    }

    /// The workstation ends while it writes what the answer brought, and remembers no head.
    private mutating func killWorkstation(_ round: consuming DeliveryRound, _ answer: [UInt8]) throws {
        told.kills += 1
        let (refused, note) = (machines.files.outbox.refused, machines.files.replica.checkpointPath)
        let segment = machines.files.replica.segmentPath(firstSeq: 1)
        let before = [segment, refused, note].map { contents($0) }
        _ = try round.finish(answer, now: machines.now())
        let after = contents(segment) ?? []
        let start = before[0]?.count ?? 0
        let end = start + random.below(after.count - start + 1)
        try plant(segment, Array(after[..<end]))
        // What comes later in time is there only where all before it is.
        if end < after.count || random.below(2) == 0 {
            if let old = before[2] { try plant(note, old) } else { try removeFile(note) }
            let all = contents(refused) ?? []
            let first = before[1]?.count ?? 0
            if end == after.count, all.count > first {
                try plant(refused, Array(all[..<(first + random.below(all.count - first))]))
            } else if let old = before[1] {
                try plant(refused, old)
            } else {
                try removeFile(refused)
            }
        }
    }

    // MARK: What must hold

    private func check() throws {
        let replica = try machines.replicaBytes()
        let whole = replica.lastIndex(of: UInt8(ascii: "\n")).map { replica[...$0] } ?? []
        let isPrefix = try machines.serverBytes().starts(with: whole)
        try #require(isPrefix, "the replica is the journal's beginning")
    }

    mutating func end() throws {
        try machines.deliver()
        let recorded = try machines.recordedEvents()
        let counts = Dictionary(recorded.map { ($0, 1) }, uniquingKeysWith: +)
        let outbox = try machines.contents()
        let isKept = outbox.entries.map(\.bytes) == said.map(\.bytes)
        try #require(isKept, "nothing acknowledged leaves the outbox")
        try #require(outbox.damaged.isEmpty)
        let mine = said.map(\.bytes)
        try #require(mine.filter(good.contains).allSatisfy { counts[$0] == 1 }, "recorded exactly once, verbatim")
        try #require(mine.filter { !good.contains($0) }.allSatisfy { counts[$0] == nil }, "never, or not yet")
        let isInOrder = recorded.filter(good.contains) == mine.filter(good.contains)
        try #require(isInOrder || !keepsOrder, "in the outbox's order")
        told.ordered += keepsOrder ? 1 : 0
        for event in said {
            let place = try #require(outbox[try EventLayout(event.bytes.span).id])
            let isGood = good.contains(event.bytes)
            let isLater = ["future.thing", "x.stranger"].contains(place.event.type)
            let isRefused = outbox.refused[place.event.id] != nil
            try #require(isRefused == (!isGood && !isLater), "\(place.event.type)")
            told.refused += isRefused ? 1 : 0
            told.recorded += isGood ? 1 : 0
        }
        let (replica, server) = (try machines.replicaBytes(), try machines.serverBytes())
        let isCopy = replica == server
        try #require(isCopy, "the replica is the journal")
        try #require(try machines.server.verdict().kind == .sound)
        let verdict = try machines.files.replica.verdict(pinnedRoot: machines.pin.root, heads: machines.heads)
        try #require(verdict.kind == .sound && verdict.checkpoint == verdict.records)
    }
}

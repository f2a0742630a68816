import Backup
import BackupJournal
import DurableFiles
import JournalFormat
import JournalStore
import ScratchSpace
import SystemPackage
import Testing

@Suite("A replica and what it makes of answers")
struct ReplicaTests {
    private var machines: TwoMachines

    init() throws {
        machines = try TwoMachines()
    }

    private mutating func onServer(_ texts: String...) throws {
        for text in texts {
            var journal = try machines.server.open(now: machines.now())
            _ = try journal.record([note(text)], author: nil)
        }
    }

    @Test("The first round brings the lines and their head; events go once the server's head is known")
    mutating func first() throws {
        let event = try machines.say("one")
        let outcomes = try machines.deliver()
        #expect(outcomes.map(\.update.added) == [2, 1])
        #expect(try machines.place(of: event) == .recorded(seq: 3))
        #expect(machines.heads.map(\.checkpoint.size) == [2, 3])
        #expect(try machines.replicaBytes() == machines.serverBytes())
        // With nothing pending it follows all the same.
        try onServer("two")
        #expect(try machines.deliver().map(\.update.added) == [1])
    }

    @Test("Long histories come in portions, over the ends of segments", .timeLimit(.minutes(10)))
    mutating func portions() throws {
        var journal = try machines.server.open(now: machines.now())
        _ = try journal.record(notes(4100), author: nil)
        _ = consume journal
        let event = try machines.say("late")
        let outcomes = try machines.deliver(limit: 700_000)
        #expect(outcomes.count > 2 && outcomes.dropLast(2).allSatisfy { $0.update.head == nil })
        #expect(try machines.place(of: event) == .recorded(seq: 4103))
        #expect(try machines.replicaBytes() == machines.serverBytes())
        #expect(try machines.files.replica.segmentNames()?.count == 2)
        #expect(try machines.files.replica.verdict(pinnedRoot: machines.pin.root, heads: machines.heads).kind == .sound)
    }

    @Test("Lines that were changed on the way are refused, and nothing is written")
    mutating func changedLines() throws {
        try machines.deliver()
        try onServer("one", "two")
        let before = try machines.replicaBytes()
        let round = try DeliveryRound(machines.files, pin: machines.pin, heads: machines.heads)
        let answer = try machines.answer(round.delivery.bytes)
        let place = try #require(answer.indices.last { answer[$0...].starts(with: Array("\"two\"".utf8)) })
        var changed = answer
        changed[place + 1] = UInt8(ascii: "T")
        var said = ""
        let now = machines.now()
        do { _ = try round.finish(changed, now: now) } catch { said = "\(error)" }
        #expect(said.contains("record 4: record-signature"))
        #expect(try machines.replicaBytes() == before)
        try machines.deliver()
        #expect(try machines.replicaBytes() == machines.serverBytes())
    }

    @Test("Another root's journal is not copied")
    mutating func otherRoot() throws {
        let pin = ReplicaPin(log: machines.pin.log, root: JournalKey.generate(.root).id)
        let round = try DeliveryRound(machines.files, pin: pin, heads: [])
        let answer = try machines.answer(round.delivery.bytes)
        var said = ""
        let now = machines.now()
        do { _ = try round.finish(answer, now: now) } catch { said = "\(error)" }
        #expect(said.contains("record 1: root"))
        #expect(try machines.replicaBytes() == [])
    }

    @Test("A server set back, or one that forked, is found out; it has recorded nothing")
    mutating func setBack() throws {
        try onServer("one")
        try machines.deliver()
        let image = machines.server.bytes
        try onServer("two", "three")
        try machines.deliver()
        let (right, note) = (machines.server.bytes, contents(machines.server.directory.checkpointPath) ?? [])
        try machines.say("pending")
        // when the server was set back
        try plant(machines.server.segment, image)
        try removeFile(machines.server.directory.checkpointPath)
        #expect(conflict { try machines.round() } == .shorter(size: 3))
        #expect(machines.server.bytes == image)
        // and when it then went its own way
        try onServer("other", "other", "other")
        let fork = machines.server.bytes
        #expect(conflict { try machines.round() } == .fork(record: 5))
        #expect(machines.server.bytes == fork)
        // Without the heads the lines still tell.
        machines.heads = []
        #expect(conflict { try machines.round() } == .fork(record: 4))
        try plant(machines.server.segment, right)
        try plant(machines.server.directory.checkpointPath, note)
        try machines.deliver()
        #expect(try machines.replicaBytes() == machines.serverBytes())
    }

    /// The server as it was at its second record, in a new epoch.
    private mutating func cutServer(to image: [UInt8]) throws -> JournalKey {
        try plant(machines.server.segment, image)
        try removeFile(machines.server.directory.checkpointPath)
        let sequencer = JournalKey.generate(.sequencer)
        var replay = try machines.server.directory.replay(growsTree: true)
        let start = try EpochStart.make(
            &replay, root: machines.server.root, sequencer: sequencer, reason: "lost", now: machines.now())
        try machines.server.directory.write(start)
        return sequencer
    }

    private mutating func answer(_ delivery: Delivery, by sequencer: JournalKey) throws -> DeliveryAnswer {
        var journal = try machines.server.open(now: machines.now(), by: sequencer)
        return try journal.answer(delivery)
    }

    @Test("A cut, accepted, keeps the lost lines and makes own events pending, interrupted anywhere")
    mutating func cut() throws {
        let image = machines.server.bytes
        try machines.deliver()
        let event = try machines.say("mine")
        try machines.deliver()
        try onServer("theirs", "theirs")
        try machines.deliver()
        let old = try machines.replicaBytes()
        let sequencer = try cutServer(to: image)
        let round = try DeliveryRound(machines.files, pin: machines.pin, heads: machines.heads, sendsEvents: false)
        let answer = try answer(round.delivery, by: sequencer)
        #expect(answer.from == 2 && answer.events.isEmpty)
        let bytes = answer.bytes
        let now = machines.now()
        var found: HeadFinding?
        do { _ = try round.finish(bytes, now: now) } catch { found = kind(of: error) }
        #expect(found == .cut(base: 2))
        #expect(try machines.replicaBytes() == old)
        // A run that was ended at any place is run again.
        let note = contents(machines.files.replica.checkpointPath) ?? []
        let segment = machines.files.replica.segmentPath(firstSeq: 1)
        let new = machines.server.bytes
        for stop in 0..<4 {
            try plant(segment, stop < 2 ? old : stop == 2 ? image : Array(new.dropLast(20)))
            if stop == 0 {
                try plant(machines.files.replica.checkpointPath, note)
            } else {
                try removeFile(machines.files.replica.checkpointPath)
            }
            let again = try DeliveryRound(machines.files, pin: machines.pin, heads: machines.heads, sendsEvents: false)
            let answer = try self.answer(again.delivery, by: sequencer)
            var replica = again.openReplica()
            let cut = try #require(try replica.cut(answer))
            #expect(cut.base == 2 && cut.epoch == 2)
            #expect(cut.superseded.map(\.checkpoint.size) == [3, 5])
            _ = try replica.accept(answer, keepingLostIn: machines.files.lost)
            #expect(try machines.replicaBytes() == machines.serverBytes())
        }
        let kept = tree(machines.files.lost)
        #expect(kept.count == 1)
        #expect(contents(machines.files.lost.appending(kept.first ?? "")) == Array(old[image.count...]))
        machines.heads = [machines.heads[0]]
        #expect(try machines.place(of: event) == .pending)
    }

    @Test("A replica that lost lines it had acknowledged is damaged, and says so")
    mutating func damaged() throws {
        try onServer("one")
        try machines.deliver()
        let segment = machines.files.replica.segmentPath(firstSeq: 1)
        let bytes = contents(segment) ?? []
        try plant(segment, Array(bytes[...(bytes.firstIndex(of: 10) ?? 0)]))
        #expect(complaint { _ = try machines.round() }?.contains("the replica is damaged") == true)
        try removeFile(segment)
        #expect(complaint { _ = try machines.round() }?.contains("the replica is damaged") == true)
        // Moved away, it is copied again.
        try removeFile(machines.files.replica.checkpointPath)
        try machines.deliver()
        #expect(try machines.replicaBytes() == machines.serverBytes())
    }
}

/// How the server's history differs, where a call finds that it does.
private func conflict(_ body: () throws -> Void) -> HeadFinding? {
    do { try body() } catch { return kind(of: error) }
    return nil
}

private func kind(of error: any Error) -> HeadFinding? {
    guard case ReplicaError.conflict(let conflict) = error else {
        Issue.record("\(error)")
        return nil
    }
    return conflict.finding
}

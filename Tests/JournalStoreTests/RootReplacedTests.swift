import BackupJournal
import DurableFiles
import JournalFormat
import ScratchSpace
import Testing

@testable import JournalStore

@Suite("A root that was replaced without its consent")
struct RootReplacedTests {
    private var machines: TwoMachines
    private let root = JournalKey.generate(.root)
    private let sequencer = JournalKey.generate(.sequencer)

    init() throws {
        machines = try TwoMachines()
        try machines.deliver()
    }

    private var server: JournalBench { machines.server }

    /// The server's journal under the new root.
    private mutating func replace(by author: JournalKey? = nil) throws {
        var replay = try server.directory.replay(pinnedRoot: server.root.id, growsTree: true)
        let replacement = RootReplacement(
            root: root.publicKey, baseSize: replay.verifier.size, baseHead: replay.verifier.head, reason: "lost")
        let endorsement = replacement.endorsed(by: (author ?? machines.key).key, log: machines.pin.log)
        let start = try EpochStart.make(
            &replay, replacement, by: root, endorsements: [endorsement], current: server.sequencer,
            sequencer: sequencer, now: machines.now())
        try server.directory.write(start)
    }

    private mutating func answer(_ round: borrowing DeliveryRound) throws -> DeliveryAnswer {
        var journal = try Journal.open(
            server.directory, .reading, lock: server.lock, sequencer: sequencer, pinnedRoot: root.id,
            clock: ClockRule(now: machines.now()) { true })
        return try journal.answer(round.delivery)
    }

    private func reason(_ body: () throws -> Void) -> Reason? {
        do { try body() } catch let error as JournalError {
            if case .damaged(let damage) = error { return damage.reason }
        } catch let error as ReplicaError {
            if case .line(let damage) = error { return damage.reason }
            if case .replica(.damaged(let damage)) = error { return damage.reason }
        } catch {}
        return nil
    }

    private func isBelieved(_ cache: JournalCache, _ root: KeyID, _ purpose: Journal.Purpose) -> Bool {
        let replay = cache.read(pinnedRoot: root, for: purpose)
        return replay != nil
    }

    private func refusal(_ replica: borrowing Replica, _ answer: DeliveryAnswer, under root: KeyID) -> Reason? {
        do { _ = try replica.judge(answer, under: root) } catch {
            if case .line(let damage) = error { return damage.reason }
        }
        return nil
    }

    /// What the workstation says of the server's answer under the new root.
    private mutating func refusalOfAnswer() throws -> String? {
        let round = try DeliveryRound(machines.files, pin: machines.pin, heads: machines.heads, sendsEvents: false)
        let answer = try answer(round)
        let replica = round.openReplica()
        do { _ = try replica.judge(answer, under: root.id) } catch { return "\(error)" }
        return nil
    }

    @Test("The new root and its epoch are judged as any reader will; an old pin ends at the record")
    mutating func judged() throws {
        try replace()
        #expect(try server.directory.verdict(pinnedRoot: root.id, heads: machines.heads).kind == .sound)
        let old = try server.directory.verdict(pinnedRoot: server.root.id, heads: [])
        #expect(old.finding == DamageError(record: 3, .rootReplaced) && old.records == 4)
        #expect(old.replacement?.root == root.id && old.replacement?.endorsers == [machines.key.id])
        #expect(old.replacement?.setAside == [server.root.id])
    }

    @Test("Without the author's word it cannot be made at all, and nothing is written")
    mutating func forged() throws {
        let before = server.bytes
        var said: Reason?
        do { try replace(by: JournalKey.generate(.author)) } catch JournalError.damaged(let damage) {
            said = damage.reason
        }
        #expect(said == .endorsement)
        #expect(server.bytes == before)
    }

    @Test("What an append takes up from its cache gives the same verdict as reading everything")
    mutating func cached() throws {
        try replace()
        var journal = try Journal.open(
            server.directory, .reading, lock: server.lock, sequencer: sequencer, pinnedRoot: root.id,
            clock: ClockRule(now: machines.now()) { true })
        _ = try journal.record([note("after")], author: nil)
        _ = consume journal
        let cache = JournalCache(server.directory, sequencer: sequencer)
        for purpose in [Journal.Purpose.line, .manyLines, .anything] {
            #expect(isBelieved(cache, root.id, purpose))
            #expect(!isBelieved(cache, server.root.id, purpose))
        }
        let read = try server.directory.replay(pinnedRoot: root.id, growsTree: true)
        guard let resumed = cache.read(pinnedRoot: root.id, for: .anything) else {
            Issue.record("not believed")
            return
        }
        #expect(resumed.verifier.vouchingRoots == [root.id])
        #expect(resumed.verifier.replacements == read.verifier.replacements)
        #expect(read.verifier.replacements.map(\.record) == [3])
        #expect(resumed.verifier.keyring.inOrder.map(\.retiredAt) == read.verifier.keyring.inOrder.map(\.retiredAt))
        // With the old pin the journal is read, and refused.
        #expect(
            reason {
                _ = try Journal.open(
                    server.directory, .resuming(.line), lock: server.lock, sequencer: sequencer,
                    pinnedRoot: server.root.id, clock: ClockRule(now: JournalBench.start) { true })
            } == .rootReplaced)
    }

    @Test("A replica refuses the lines under the old pin, and takes them under the new one that a person names")
    mutating func replica() throws {
        try replace()
        let before = try machines.replicaBytes()
        // given: the old pin
        let refused = try DeliveryRound(machines.files, pin: machines.pin, heads: machines.heads)
        let bytes = try answer(refused).bytes
        let now = machines.now()
        var said: Reason?
        do { _ = try refused.finish(bytes, now: now) } catch {
            if case .line(let damage) = error { said = damage.reason }
        }
        #expect(said == .rootReplaced)
        #expect(try machines.replicaBytes() == before)
        // when: a root that the journal does not carry
        let round = try DeliveryRound(machines.files, pin: machines.pin, heads: machines.heads, sendsEvents: false)
        let answer = try answer(round)
        let replica = round.openReplica()
        #expect(refusal(replica, answer, under: JournalKey.generate(.root).id) == .root)
        #expect(try machines.replicaBytes() == before)
        // when: the new one
        let judged = try replica.judge(answer, under: root.id)
        #expect(judged.replacements.map(\.endorsers) == [[machines.key.id]])
        #expect(try machines.replicaBytes() == before)
        let update = try replica.take(judged)
        // then
        #expect(update.added == 2 && update.head?.checkpoint.size == 4)
        #expect(try machines.replicaBytes() == machines.serverBytes())
        #expect(reason { _ = try machines.files.replica.replay(pinnedRoot: machines.pin.root) } == .rootReplaced)
        #expect(try machines.files.replica.verdict(pinnedRoot: root.id, heads: machines.heads).kind == .sound)
    }

    @Test("An answer of another history is none of the new root's, however it is signed")
    mutating func otherHistory() throws {
        let image = server.bytes
        var journal = try server.open(now: machines.now())
        _ = try journal.record([note("kept")], author: nil)
        _ = consume journal
        try machines.deliver()
        try plant(server.segment, image)
        try removeFile(server.directory.checkpointPath)
        try replace()
        #expect(try refusalOfAnswer() != nil)
        #expect(try machines.replicaBytes() != machines.serverBytes())
    }
}

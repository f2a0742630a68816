import DurableFiles
import JournalFormat
import JournalStore
import ScratchSpace
import SystemPackage
import Testing

@Suite("A checkpoint of a journal in which nothing happens")
struct CheckpointRenewalTests {
    private let bench: JournalBench

    init() throws {
        bench = try JournalBench()
    }

    private func checkpoint(hours: Int) throws -> SignedCheckpoint {
        try bench.open(now: time(hours: hours)).writeCheckpoint()
    }

    private func time(hours: Int) -> Timestamp {
        Timestamp(milliseconds: JournalBench.start.milliseconds + hours * 3_600_000)
    }

    private func plant(_ note: SignedCheckpoint) throws {
        try writeFileAtomically(bench.directory.checkpointPath, Array(note.note.utf8))
    }

    private func witnessed(_ note: SignedCheckpoint) throws -> SignedCheckpoint {
        note.adding([try #require(NoteSignature(line: "\u{2014} witness.example/w1 AAAAAAE="))])
    }

    @Test("The same note is shown for half a day, with what others signed below it, and then one with a later deadline")
    func renewed() throws {
        let first = try checkpoint(hours: 0)
        #expect(first.due == time(hours: 36))
        let cosigned = try witnessed(first)
        try plant(cosigned)
        #expect(try checkpoint(hours: 1) == cosigned)
        #expect(try checkpoint(hours: 12) == cosigned)
        let bytes = bench.bytes
        let second = try checkpoint(hours: 13)
        #expect(second.checkpoint == first.checkpoint && second.due == time(hours: 49))
        #expect(second.signatures.count == 1, "others have signed another text")
        #expect(bench.bytes == bytes, "nothing is recorded")
        #expect(try bench.verdict().kind == .sound)
    }

    @Test("A record makes another note, and so does a deadline that no clock of today sets")
    func replaced() throws {
        let first = try checkpoint(hours: 0)
        var journal = try bench.open(now: time(hours: 1))
        _ = try journal.record([note("one")], author: nil)
        _ = consume journal
        #expect(try checkpoint(hours: 1).checkpoint.size == first.checkpoint.size + 1)
        let far = try checkpoint(hours: 5000)
        #expect(far.due == time(hours: 5036))
        #expect(try checkpoint(hours: 2).due == time(hours: 38))
    }

    @Test("A note that another key signed is not shown as this journal's")
    func foreign() throws {
        let own = try checkpoint(hours: 0)
        let other = SignedCheckpoint(own.checkpoint, due: own.due, signedBy: JournalKey.generate(.sequencer).key)
        let journal = try bench.open(now: time(hours: 1))
        try plant(other)
        #expect(
            try journal.signedHead()
                == SignedCheckpoint(own.checkpoint, due: time(hours: 37), signedBy: bench.sequencer.key))
        #expect(try journal.signedHead(or: own) == own)
        #expect(try journal.signedHead(or: other) != other)
    }

    @Test("A replica keeps what others signed, and the later of two deadlines")
    func replica() throws {
        var machines = try TwoMachines()
        try machines.deliver()
        func kept() throws -> SignedCheckpoint {
            try SignedCheckpoint(note: try #require(contents(machines.files.replica.checkpointPath)))
        }
        let first = try kept()
        try writeFileAtomically(machines.server.directory.checkpointPath, Array(try witnessed(first).note.utf8))
        try machines.deliver()
        #expect(try kept() == witnessed(first))
        machines.pass(milliseconds: 13 * 3_600_000)
        try machines.deliver()
        let renewed = try kept()
        #expect(renewed.checkpoint == first.checkpoint && renewed.due > first.due)
        // A server whose clock was set back.
        machines.pass(milliseconds: -13 * 3_600_000)
        try machines.deliver()
        #expect(try kept() == renewed)
    }
}

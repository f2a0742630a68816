import Artifacts
import Backup
import DurableFiles
import JournalFormat
import JournalStore
import Machines
import Mirror
import ScratchSpace
import TestMachines
import Testing

@Suite("How far a record has come")
struct GradeTests {
    private let server: TestMachine

    init() throws { server = try TestMachine.server(["MIRROR=file://{}/mirror", "PUSH_INTERVAL=0"]) }

    private func note(_ machine: Machine? = nil) throws -> Receipt {
        try SingleAppend(machine ?? server.machine, nil)
            .run(ScriptEvent(type: "note", id: nil, ["text": .string("a")]), expecting: nil)
    }

    private func push() throws {
        _ = try MirrorPush(server.machine, creates: true).run(restoresCheckpoint: false, repair: .nothing)
    }

    @Test("recorded is reached at once: the signed head covers it, and nothing is written for that")
    func recorded() throws {
        let receipt = try note()
        let graded = try GradeWaiting(server.machine, .recorded, deadline: nil).wait(for: [receipt])
        #expect(graded.grade == .recorded && graded.receipts == [receipt])
        #expect(graded.checkpoint.checkpoint.size == receipt.seq && graded.checkpoint.checkpoint.head == receipt.hash)
        #expect(graded.checkpoint.isSigned(by: server.sequencer.key.publicKey))
        #expect(!pathExists(server.server.journal.checkpointPath))
    }

    @Test("mirrored is what the mirror's checkpoint covers; until then it waits, as long as it may")
    func mirrored() throws {
        try push()
        let receipt = try note()
        let waiting = try GradeWaiting(server.machine, .mirrored, deadline: 30)
        let before = server.clock.now().milliseconds
        let late = try waiting.wait(for: [receipt])
        #expect(late.grade == .recorded && late.checkpoint.checkpoint.size == receipt.seq)
        #expect(server.clock.now().milliseconds - before == 30_000)
        let failure = try #require(waiting.failure(late))
        #expect(failure.kind == .late)
        #expect(failure.description == "recorded as record \(receipt.seq), but not mirrored within 30 s")
        // when
        _ = try MirrorFollowing(server.machine) { _ in }.run()
        _ = try note()
        let graded = try waiting.wait(for: [receipt])
        #expect(graded.grade == .mirrored && waiting.failure(graded) == nil)
        #expect(graded.checkpoint.checkpoint.size == receipt.seq, "the mirror's own, not the newest")
        #expect(graded.checkpoint.isSigned(by: server.sequencer.key.publicKey))
    }

    @Test("what is remembered of another mirror, or of lines that are not here, covers nothing")
    func notOurs() throws {
        try push()
        let other = try TestMachine.server(["MIRROR=file://{}/mirror"])
        let receipt = try note()
        _ = try MirrorFollowing(server.machine) { _ in }.run()
        let theirs = try GradeWaiting(server.with(["MIRROR=file://{}/elsewhere"]), .mirrored, deadline: 1)
        #expect(try theirs.wait(for: [receipt]).grade == .recorded)
        // when: another journal's memory of the same size is in this one's place
        for _ in 0..<4 { _ = try note(other.machine) }
        _ = try MirrorPush(other.machine, creates: true).run(restoresCheckpoint: false, repair: .nothing)
        let memory = try #require(contents(other.server.manifests.appending("mirrored")))
        let title = Array("devjournal-mirrored-v1 file://\(server.folder)/mirror".utf8)
        try plant(server.server.manifests.appending("mirrored"), title + memory.drop { $0 != 10 })
        #expect(MirroredHead.read(below: server.server.root, of: "file://\(server.folder)/mirror") != nil)
        #expect(try GradeWaiting(server.machine, .mirrored, deadline: 1).wait(for: [receipt]).grade == .recorded)
    }

    @Test("what can never be reached is refused beforehand: no mirror, no witness")
    func unreachable() throws {
        #expect(throws: GradeError.noWitness) { try GradeWaiting(server.machine, .witnessed, deadline: nil) }
        #expect(throws: MachineError.self) {
            try GradeWaiting(TestMachine.server().machine, .mirrored, deadline: nil)
        }
    }

    @Test("witnessed is what the witnesses' checkpoint covers")
    func witnessed() throws {
        let receipt = try note()
        let head = try server.machine.openJournal(.reading).signedHead()
        var asked = 0
        let waiting = try GradeWaiting(server.machine, .witnessed, deadline: 5) {
            asked += 1
            return asked < 3 ? nil : head
        }
        #expect(try waiting.wait(for: [receipt]).grade == .witnessed)
        #expect(asked == 3)
    }
}

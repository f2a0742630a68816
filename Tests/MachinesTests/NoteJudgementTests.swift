import JournalFixtures
import JournalFormat
import JournalStore
import Machines
import ScratchSpace
import SystemPackage
import TestMachines
import Testing

@Suite("What checkpoints say besides the journal")
struct NoteJudgementTests {
    private let server: TestMachine

    init() throws {
        server = try TestMachine.server()
    }

    private func question(due: Bool = true, policy: String? = nil, hours: Int = 0) throws -> NoteJudgement.Question {
        let now = Timestamp(milliseconds: server.clock.now().milliseconds + hours * 3_600_000)
        return try NoteJudgement.Question(due: due, policy: policy, now: now)
    }

    private func judged(hours: Int) throws -> NoteJudgement {
        try #require(try ReadableJournal(server.machine).judge(heads: nil, question(hours: hours)).notes)
    }

    @Test("a server is silent when its newest checkpoint is overdue, and when there is none")
    func silent() throws {
        #expect(try judged(hours: 0).standing == .unknown && judged(hours: 0).isSilent)
        let note = try server.machine.openJournal(.reading).writeCheckpoint()
        #expect(try judged(hours: 35).standing == .awaited(note.due) && !judged(hours: 35).isSilent)
        #expect(try judged(hours: 38).standing == .silent(since: note.due) && judged(hours: 38).isSilent)
        #expect(try judged(hours: -200).standing == .mistrusted(note.due) && judged(hours: -200).isSilent)
        let text = try ReadableJournal(server.machine).judge(heads: nil, question(hours: 38)).text
        #expect(text.contains("silent: a checkpoint was due by \(note.due)"))
        #expect(try ReadableJournal(server.machine).judge(heads: nil).json["due"] == nil, "only where somebody asks")
    }

    @Test("a newer deadline counts from wherever it comes, an old sequencer's does not")
    func newest() throws {
        let sequencer = try #require(try KeyFile.read(server.machine.server.sequencerKey, role: .sequencer))
        let note = try server.machine.openJournal(.reading).writeCheckpoint()
        let later = Timestamp(milliseconds: note.due.milliseconds + 3_600_000)
        let head = server.folder.appending("head")
        try plant(head, Array(SignedCheckpoint(note.checkpoint, due: later, signedBy: sequencer.key).note.utf8))
        let judged = try ReadableJournal(server.machine).judge(heads: head.string, question())
        #expect(judged.notes?.standing == .awaited(later))
        #expect(try NoteJudgement(question(), []).standing == .unknown)
    }

    @Test("of a journal that is damaged no deadline is worth anything")
    func damaged() throws {
        _ = try server.machine.openJournal(.reading).writeCheckpoint()
        let segment = server.machine.server.journal.segmentPath(firstSeq: 1)
        var bytes = try #require(contents(segment))
        bytes[300] ^= 1
        try plant(segment, bytes)
        let judged = try ReadableJournal(server.machine).judge(heads: nil, question())
        #expect(judged.kind == .damaged && judged.notes == nil)
    }

    @Test("checkpoints are judged by themselves with the sequencer's verifier key")
    func alone() throws {
        let note = try server.machine.openJournal(.reading).writeCheckpoint()
        let head = server.folder.appending("head")
        try plant(head, Array(note.note.utf8))
        let keys = try ReadableJournal(server.machine).replay().verifier.verifierKeys
        let key = try #require(keys.last)
        let report = try NoteReport(head.string, signedBy: key.description, question(hours: 40))
        #expect(report.judgement.isSilent && report.text.contains("signed: 1 checkpoint"))
        #expect(report.json["verdict"] == .string("signed") && report.json["records"] == .integer(3))
        let other = VerifierKey(name: key.name, key: JournalKey.generate(.sequencer).publicKey)
        #expect(throws: NoteError.self) { _ = try NoteReport(head.string, signedBy: other.description, question()) }
        let elsewhere = VerifierKey(name: "devjournal/other", key: key.key)
        #expect(throws: NoteError.self) { _ = try NoteReport(head.string, signedBy: elsewhere.description, question()) }
        #expect(throws: NoteError.self) { _ = try NoteReport(head.string, signedBy: "x", question()) }
        try plant(head, Array("no note\n".utf8))
        #expect(throws: MachineError.self) { _ = try NoteReport(head.string, signedBy: key.description, question()) }
        let sequencer = try #require(try KeyFile.read(server.machine.server.sequencerKey, role: .sequencer))
        let known = note.checkpoint
        let forked = SignedCheckpoint(
            Checkpoint(log: known.log, epoch: 1, size: known.size, root: known.head, head: known.head), due: note.due,
            signedBy: sequencer.key)
        try plant(head, Array((note.note + forked.note).utf8))
        let error = #expect(throws: NoteError.self) {
            _ = try NoteReport(head.string, signedBy: key.description, question())
        }
        #expect(error?.evidence == note.note + forked.note && error?.kind == .damaged)
    }

    @Test("with a policy only a checkpoint that meets it is a sign of life")
    func policy() throws {
        let vectors = try Vectors()
        let cosigned = try SignedCheckpoint(note: Array(try Fixtures.text("good-cosigned/checkpoint").utf8))
        let sequencer = try vectors.key(.sequencer)
        let later = SignedCheckpoint(
            cosigned.checkpoint, due: Timestamp(milliseconds: cosigned.due.milliseconds + 86_400_000),
            signedBy: sequencer.key)
        let file = server.folder.appending("policy")
        func judged(_ text: String, _ notes: [SignedCheckpoint], hoursAfterDue: Int) throws -> NoteJudgement {
            try plant(file, Array(text.utf8))
            let now = Timestamp(milliseconds: cosigned.due.milliseconds + hoursAfterDue * 3_600_000)
            return NoteJudgement(try .init(due: true, policy: file.string, now: now), notes)
        }
        let asked = "witness a \(vectors.cosigners[0].verifierKey)\nquorum a\n"
        let early = try judged(asked, [cosigned, later], hoursAfterDue: -1)
        #expect(!early.isUnwitnessed && !early.isSilent && early.witnessed?.note == cosigned)
        let late = try judged(asked, [cosigned, later], hoursAfterDue: 1)
        #expect(!late.isUnwitnessed && late.isSilent, "the later deadline is the server's word alone")
        let alone = try judged(asked, [later], hoursAfterDue: 1)
        #expect(alone.isUnwitnessed && alone.standing == .unknown)
        #expect(alone.text.first?.contains("cosigned by no witness of the policy") == true)
        #expect(try judged("quorum none\n", [later], hoursAfterDue: 1).isUnwitnessed == false)
        let error = #expect(throws: NoteError.self) { _ = try judged("quorum b\n", [], hoursAfterDue: 0) }
        #expect(error?.kind == .usage, "no verdict on any journal")
    }
}

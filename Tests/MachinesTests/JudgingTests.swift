import Backup
import JournalFormat
import JournalStore
import Machines
import ScratchSpace
import TestMachines
import Testing

@Suite("What a journal proves, and what is said of it")
struct JudgingTests {
    @Test("a record is proven under the checkpoint that covers it, or under a new one")
    func proven() throws {
        let server = try TestMachine.server()
        let old = try server.machine.openJournal(.reading).writeCheckpoint()
        #expect(try Proving(server.machine, named: nil).prove(.record(2)).checkpoint == old)
        try server.takeSnapshot(TestMachine.label("2026-01"))
        let proof = try Proving(server.machine, named: nil).prove(.record(4))
        #expect(proof.checkpoint.checkpoint.size == 4)
        #expect(try proof.check(pinnedRoot: server.root.id, heads: []).record?.event.type == "snapshot.taken")
        #expect(throws: ProofError.noRecord(5, size: 4)) {
            _ = try Proving(server.machine, named: nil).prove(.record(5))
        }
    }

    @Test("one record is found with its line, and one that is not there is named with how many there are")
    func lookedUp() throws {
        let server = try TestMachine.server()
        let journal = try ReadableJournal(server.machine)
        let found = try FoundRecord(2, in: journal)
        #expect(found.record.seq == 2 && found.line.contains(",\"seq\":2,"))
        #expect(found.keyring[found.record.kid]?.role == .sequencer)
        #expect(throws: FoundRecordError.noRecord(4, size: 3)) { _ = try FoundRecord(4, in: journal) }
    }

    @Test("the server's own journal can be followed, a replica cannot")
    func followed() throws {
        let server = try TestMachine.server()
        try RecordFollowing.requireServersOwn(try ReadableJournal(server.machine))
        let workstation = try server.workstation()
        let replica = try ReadableJournal(workstation.machine)
        let error = #expect(throws: MachineError.self) { try RecordFollowing.requireServersOwn(replica) }
        #expect(error?.kind == .usage && error?.hint == "run it on the server")
    }

    @Test("a journal that was only named is not signed for")
    func named() throws {
        let server = try TestMachine.server()
        let path = server.server.journal.path.string
        #expect(throws: ProofError.notCovered(by: 0)) {
            _ = try Proving(server.machine, named: path).prove(.record(1))
        }
    }

    @Test("a proof under another root shows nothing")
    func otherRoot() throws {
        let server = try TestMachine.server()
        let file = server.folder.appending("proof")
        try plant(file, Array(try Proving(server.machine, named: nil).prove(.record(1)).text.utf8))
        let stranger = JournalKey.generate(.root).id
        #expect(throws: ProofError.self) {
            _ = try ProofReport(file.string, pinnedRoot: stranger, head: nil).judge()
        }
        #expect(try ProofReport(file.string, pinnedRoot: server.root.id, head: nil).judge().record?.seq == 1)
    }

    @Test("one changed byte is damage, and heads that cannot be read give no verdict")
    func damaged() throws {
        let server = try TestMachine.server()
        #expect(try ReadableJournal(server.machine).judge(heads: nil).kind == .sound)
        let heads = server.folder.appending("heads")
        try plant(heads, Array("not a checkpoint\n".utf8))
        #expect(try ReadableJournal(server.machine).judge(heads: heads.string).kind == .damaged)
        let segment = server.server.journal.path.appending(JournalDirectory.segmentName(firstSeq: 1))
        var bytes = try #require(contents(segment))
        bytes[bytes.count / 2] ^= 1
        try plant(segment, bytes)
        let judged = try ReadableJournal(server.machine).judge(heads: nil)
        #expect(judged.kind == .damaged && judged.text.hasPrefix("damaged: "))
    }

    @Test("the last records are listed in their order, and a filter that names nothing is said")
    func listed() throws {
        let server = try TestMachine.server()
        var shown: [String] = []
        var filter = RecordFilter()
        let journal = try ReadableJournal(server.machine)
        let all = try RecordListing(journal, filter, last: 2).run(
            text: { record, _, _ in record.event.type }, show: { shown.append($0) })
        #expect(shown == ["recipient.set", "key.enrolled"] && all.size == 3 && all.warnings.isEmpty)
        shown = []
        filter.authors = ["nobody"]
        let none = try RecordListing(journal, filter, last: nil).run(
            text: { record, _, _ in record.event.type }, show: { shown.append($0) })
        #expect(shown.isEmpty && none.warnings.count == 1)
        filter = RecordFilter()
        for (from, number) in [(3, 1), (4, 0)] {
            filter.from = from
            shown = []
            _ = try RecordListing(journal, filter, last: nil).run(
                text: { record, _, _ in record.event.type }, show: { shown.append($0) })
            #expect(shown.count == number)
        }
        filter.from = 5
        #expect(throws: FoundRecordError.self) {
            try RecordListing(journal, filter, last: nil).run(text: { _, _, _ in "" }, show: { _ in })
        }
    }

    @Test("a review is signed up to a record that is there")
    func reviewed() throws {
        let server = try TestMachine.server()
        let auditing = Auditing(server.machine, try ReadableJournal(server.machine))
        #expect(throws: AuditError.noRecord(4, size: 3)) { _ = try auditing.sign(upTo: 4, by: "Ada") }
        let (review, receipts) = try auditing.sign(upTo: 3, by: "Ada")
        #expect(review.upTo == 3 && receipts.count == 1)
        #expect(try server.types().last == "review.signed")
    }
}

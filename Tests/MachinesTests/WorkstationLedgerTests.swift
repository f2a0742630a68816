import Backup
import JournalFormat
import JournalStore
import Machines
import TestMachines
import Testing

@Suite("Where a workstation decides and records")
struct WorkstationLedgerTests {
    private let month = TestMachine.name("2026-01")

    @Test("on the server's own machine a sealing goes into the journal")
    func journal() throws {
        let server = try TestMachine.server()
        let ledger = try WorkstationLedger(server.machine)
        try server.takeSnapshot(month.label)
        try ledger.record(.recordSealing(server.sealing(of: month, "stream")), author: server.author)
        #expect(try server.types().suffix(2) == ["snapshot.taken", "artifact.sealed"])
        #expect(server.reporter.receipts.count == 2)
    }

    @Test("with the server elsewhere it goes into the outbox, and what is pending counts")
    func outbox() throws {
        let server = try TestMachine.server()
        try server.takeSnapshot(month.label)
        let workstation = try server.workstation()
        let ledger = try WorkstationLedger(workstation.machine)
        try ledger.record(.recordSealing(workstation.sealing(of: month, "stream")), author: server.author)
        #expect(workstation.reporter.queued.count == 1)
        #expect(try ledger.state().sealings[month.label]?.count == 1)
        #expect(try server.state().sealings[month.label] == nil)
    }

    @Test("given recipients that are not the journal's, a sealing is refused")
    func otherRecipients() throws {
        let server = try TestMachine.server()
        let other = try TestMachine.server().identity.recipient
        let workstation = try server.workstation(["RECIPIENTS=\(other)"])
        let ledger = try WorkstationLedger(workstation.machine)
        #expect(throws: MachineError.otherRecipients([server.identity.recipient.description])) {
            try ledger.recipients(try ledger.state())
        }
    }

    @Test("a workstation takes no recipients from the journal of another machine")
    func noRecipients() throws {
        let server = try TestMachine.server()
        let workstation = try server.workstation(["RECIPIENTS="])
        #expect(throws: MachineError.noRecipients(dataset: "dev")) {
            try WorkstationLedger(workstation.machine).recipients(try server.state())
        }
    }
}

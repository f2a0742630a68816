import Backup
import DurableFiles
import JournalFormat
import JournalStore
import Machines
import ScratchSpace
import TestMachines
import Testing

@Suite("How an operation reaches the journal")
struct JournalAccessTests {
    private func note(_ text: String) throws -> Command {
        .note(type: try #require(EventType("note")), data: ["text": .string(text)], by: .sequencer)
    }

    @Test("what is recorded is reported, and its projections are written")
    func record() throws {
        let server = try TestMachine.server()
        try server.record(note("disk swapped"))
        #expect(server.reporter.receipts.map(\.seq) == [4])
        #expect(tree(server.server.manifests).contains { $0.hasSuffix(".tsv") })
    }

    @Test("a record is durable and said to be so where its projections cannot be written")
    func projections() throws {
        let server = try TestMachine.server()
        var journal = try server.machine.openJournal(.reading)
        // A file stands in the place of their directory.
        try removeTree(server.server.manifests)
        try plant(server.server.manifests)
        let error = #expect(throws: MachineError.self) {
            try server.machine.record(note("disk swapped"), in: &journal, author: nil)
        }
        #expect(error?.kind == .recordedOnly)
        #expect(server.reporter.receipts.map(\.seq) == [4])
    }

    @Test("given a clock far from the last record that nothing synchronises, nothing is recorded")
    func clock() throws {
        let server = try TestMachine.server()
        server.clock.pass(days: 3)
        server.clock.loseSynchronisation()
        #expect(throws: JournalError.self) { try server.record(note("late")) }
        #expect(try server.types().count == 3)
    }

    @Test("a person who trusts the clock is believed")
    func trustedClock() throws {
        let server = try TestMachine.server(["CLOCK=trusted"])
        server.clock.pass(days: 3)
        server.clock.loseSynchronisation()
        try server.record(note("late"))
        #expect(try server.types().count == 4)
    }

    @Test("opening the journal makes its ballast again, except for a script's append")
    func ballast() throws {
        let server = try TestMachine.server()
        let ballast = server.server.journal.ballast
        try removeFile(server.server.journal.path.appending("ballast"))
        try server.machine.openJournal(.resuming(.line), keepsBallast: false).close()
        #expect(!ballast.isThere)
        try server.machine.openJournal(.resuming(.anything)).close()
        #expect(ballast.isThere)
    }

    @Test("a workstation with a replica refuses what only the server's journal can do")
    func replica() throws {
        let workstation = try TestMachine.server().workstation()
        #expect(throws: MachineError.needsServersJournal) { _ = try workstation.machine.replay() }
        #expect(try workstation.machine.state().dataset == "dev")
        #expect(throws: MachineError.workstationOfAnotherJournal(workstation.log)) {
            try workstation.machine.refuseWorkstation()
        }
    }

    @Test(
        "labels are latest, a month, or a month of this data set",
        arguments: [("2026-01", true), ("dev@2026-01", true), ("other@2026-01", false), ("2026-13", false)])
    func label(text: String, isLabel: Bool) throws {
        let server = try TestMachine.server()
        if isLabel {
            #expect(try server.machine.label(text, in: .initial) == TestMachine.label("2026-01"))
        } else {
            #expect(throws: MachineError.notALabel(text, dataset: "dev")) {
                try server.machine.label(text, in: .initial)
            }
        }
        #expect(throws: MachineError.nothingRegistered) { try server.machine.label("latest", in: .initial) }
    }
}

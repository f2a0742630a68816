import JournalFormat
import JournalStore
import Machines
import Recovery
import ScratchSpace
import TestMachines
import Testing

@Suite("Which journal a workstation trusts")
struct PinningTests {
    private func pin(_ machine: Machine, _ log: EventID, _ root: KeyID) throws -> Pinning {
        try Pinning(machine, log: log.description, root: root.description)
    }

    @Test("words that name no journal or no root are refused")
    func words() throws {
        let machine = try EmptyServer().machine
        let key = JournalKey.generate(.root).id
        #expect(throws: PinError.notAJournal("x")) { _ = try Pinning(machine, log: "x", root: key.description) }
        let log = try RescuedServer().server.log
        #expect(throws: FingerprintError.malformed("y")) {
            _ = try Pinning(machine, log: log.description, root: "y")
        }
    }

    @Test("another journal is refused as soon as anything was copied")
    func otherJournal() async throws {
        let rescued = try RescuedServer()
        let workstation = try rescued.server.workstation()
        let other = try RescuedServer()
        await #expect(throws: PinError.otherJournal(rescued.server.log)) {
            try await pin(workstation.machine, other.server.log, other.server.root.id)
                .run(nil, acceptsUnendorsed: false)
        }
        #expect(try Workstation.pin(workstation.machine)?.log == rescued.server.log)
    }

    @Test("a root that vouches for nothing is refused, here and on the server")
    func notVouching() async throws {
        let rescued = try RescuedServer()
        let workstation = try rescued.server.workstation()
        let stranger = JournalKey.generate(.root).id
        await #expect(throws: PinError.notVouching(stranger, for: .replica)) {
            try await pin(workstation.machine, rescued.server.log, stranger).run(nil, acceptsUnendorsed: false)
        }
        await #expect(throws: PinError.notVouching(stranger, for: .server)) {
            try await pin(workstation.machine, rescued.server.log, stranger)
                .run(rescued.reached, acceptsUnendorsed: false)
        }
        #expect(try Workstation.pin(workstation.machine)?.root == rescued.server.root.id)
    }

    @Test("a root that replaced the old one needs this workstation's own word, or a person's")
    func unendorsed() async throws {
        let rescued = try RescuedServer()
        let workstation = try rescued.server.workstation()
        // It was another key that endorsed: this workstation's is a new one.
        try replaceRoot(of: rescued)
        let root = try #require(try rescued.machine.currentEpoch().root)
        let key = JournalKey.generate(.author)
        let file = workstation.machine.workstationState.appending("author.key")
        try removeTree(file)
        try KeyFile.write(key, to: file)
        await #expect {
            try await pin(workstation.machine, rescued.server.log, root).run(rescued.reached, acceptsUnendorsed: false)
        } throws: {
            if case .notEndorsed = $0 as? PinError { true } else { false }
        }
        #expect(try Workstation.pin(workstation.machine)?.root == rescued.server.root.id)
        try await pin(workstation.machine, rescued.server.log, root).run(rescued.reached, acceptsUnendorsed: true)
        #expect(try Workstation.pin(workstation.machine)?.root == root)
    }

    @Test("one that this workstation has endorsed is pinned together with its lines")
    func endorsed() async throws {
        let rescued = try RescuedServer()
        let workstation = try rescued.server.workstation()
        try replaceRoot(of: rescued)
        let root = try #require(try rescued.machine.currentEpoch().root)
        try await pin(workstation.machine, rescued.server.log, root).run(rescued.reached, acceptsUnendorsed: false)
        #expect(try Workstation.pin(workstation.machine)?.root == root)
        #expect(try workstation.machine.state().seq == (try rescued.size))
    }

    @Test("where server and kit are lost, the old journal is put aside, and what was pending is named")
    func succeed() throws {
        let rescued = try RescuedServer()
        let workstation = try rescued.server.workstation()
        let label = TestMachine.name("2026-01")
        try rescued.server.takeSnapshot(label.label)
        try rescued.server.fetchReplica(for: workstation)
        try WorkstationLedger(workstation.machine).record(
            .recordSealing(workstation.sealing(of: label, "stream")), author: rescued.server.author)
        let other = try RescuedServer()
        try pin(workstation.machine, other.server.log, other.server.root.id).succeed()
        #expect(try Workstation.pin(workstation.machine)?.log == other.server.log)
        #expect(workstation.reporter.warned.contains { $0.hasPrefix("1 event of the outbox can never be delivered") })
        let files = WorkstationFiles(workstation.machine.workstationState)
        #expect(try files.predecessor(rescued.server.log).replica.hasRecords())
        #expect(try !files.replica.hasRecords())
        // Again it changes nothing; with another root it is refused.
        try pin(workstation.machine, other.server.log, other.server.root.id).succeed()
        #expect(throws: PinError.otherRootPinned(log: other.server.log, root: other.server.root.id)) {
            try pin(workstation.machine, other.server.log, rescued.server.root.id).succeed()
        }
    }

    @Test("a workstation that knows no journal has none to succeed")
    func noPredecessor() throws {
        let machine = try EmptyServer().machine
        let other = try RescuedServer()
        #expect(throws: PinError.noPredecessor) {
            try pin(machine, other.server.log, other.server.root.id).succeed()
        }
    }
}

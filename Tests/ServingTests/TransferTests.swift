import Artifacts
import Backup
import JournalFormat
import JournalStore
import Machines
import ScratchSpace
import SystemPackage
import TestMachines
import TestServing
import Testing

@testable import Serving

@Suite("One artifact that rsync brings")
struct TransferTests {
    private let month = TestMachine.name("2026-01")

    private func transfer(_ asked: AskedServer, _ state: BackupState? = nil) throws -> Int {
        let transfer = try ServedTransfer(
            month, by: asked.server.author.id, try state ?? asked.server.state(), asked.machine)
        return transfer.limit
    }

    @Test("no more is written than was sealed")
    func limit() throws {
        let asked = try AskedServer()
        try asked.server.seal(month, "stream")
        #expect(try transfer(asked) == 6)
    }

    @Test("what nobody has announced is not received, nor what another key has")
    func notAnnounced() throws {
        let asked = try AskedServer()
        #expect(throws: ServingError.notAnnounced(month)) { _ = try transfer(asked) }
        try asked.server.seal(month, "stream")
        let other = JournalKey.generate(.author)
        try asked.server.enrol(other, named: "ws2")
        #expect(throws: ServingError.notAnnounced(month)) {
            _ = try ServedTransfer(month, by: other.id, try asked.server.state(), asked.machine)
        }
    }

    @Test("while one runs, another is refused")
    func running() throws {
        let asked = try AskedServer()
        try asked.server.seal(month, "stream")
        let first = try ServedTransfer(month, by: asked.server.author.id, try asked.server.state(), asked.machine)
        #expect(throws: RegistrationError.transferRunning) { _ = try transfer(asked) }
        #expect(first.limit == 6)
    }

    @Test("what has the artifact's name and is not a file is left alone")
    func notAFile() throws {
        let asked = try AskedServer()
        try asked.server.seal(month, "stream")
        let place = asked.machine.server.incoming.appending(month.description)
        try plant(place.appending("inside"))
        #expect(throws: ServingError.notAFile(place)) { _ = try transfer(asked) }
    }

    @Test("without room for it nothing is received")
    func noRoom() throws {
        let asked = try AskedServer(["RESERVE_BYTES=1000000000000000"])
        try asked.server.seal(month, "stream")
        let error = #expect(throws: MachineError.self) { _ = try transfer(asked) }
        if case .noRoom = error {} else { Issue.record("\(String(describing: error))") }
    }
}

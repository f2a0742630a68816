import Artifacts
import Backup
import BackupJournal
import DurableFiles
import JournalFormat
import JournalStore
package import Machines
import Restoring
import SystemPackage

/// Answers one delivery.
package struct ServedDelivery {
    private let machine: Machine
    private let client: ServedClient

    package init(_ machine: Machine, _ client: ServedClient) {
        self.machine = machine
        self.client = client
    }

    package func run() throws {
        // Read to its end before the journal is locked: a slow sender must not stop others.
        let bytes = try client.message(limit: Delivery.maximumLength)
        try client.answer(try answer(bytes).bytes)
    }

    /// The same, with what the server lacks and what streams it takes before it.
    package func exchange() async throws {
        let answer = try answer(try client.message(limit: Delivery.maximumLength))
        var report = ServerReport()
        report.lacking = machine.server.lacking(try machine.replay().readableState())
        report.streamVersion = await StreamVersion.known(machine.effects.programs)
        try send(report, answer)
    }

    func send(_ report: ServerReport, _ answer: DeliveryAnswer) throws {
        let bytes = answer.bytes
        var report = report
        report.answer = bytes.count
        try client.answer(Array(report.line.utf8) + bytes)
    }

    /// Holds the lock no longer than the work on the journal takes.
    func answer(_ bytes: [UInt8]) throws -> DeliveryAnswer {
        let delivery: Delivery
        do throws(MessageError) { delivery = try Delivery(parsing: bytes) } catch {
            throw ServingError.notADelivery("\(error)")
        }
        var journal = try machine.openJournal(.resuming(.anything))
        guard delivery.log == journal.log else { throw ServingError.otherJournal(delivery.log) }
        try requireRoom(delivery)
        let before = journal.size
        let answer = try journal.answer(delivery, quota: machine.quota)
        if journal.size > before {
            // The events are recorded; their sender must hear of it, whatever becomes of the projections.
            machine.writeProjectionsOrWarn(ofRecorded: journal)
        }
        return answer
    }

    /// A workstation that talks for ever must not leave the server without room for its own records.
    private func requireRoom(_ delivery: Delivery) throws {
        let bytes = delivery.events.reduce(0) { $0 + $1.count }
        try SpaceCheck.server(machine)
            .require(SpaceNeed("recording what was delivered", bytes: bytes), in: machine.server.journal.path)
    }
}

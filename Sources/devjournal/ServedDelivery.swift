import Backup
import BackupJournal
import DurableFiles
import JournalFormat
import JournalStore
import Machines
import SystemPackage

/// Answers one delivery, from standard input to standard output.
struct ServedDelivery {
    private let machine: Machine

    init(_ machine: Machine) {
        self.machine = machine
    }

    func run() throws {
        let delivery = try read()
        let answer = try answer(delivery)
        var client = ServedClient()
        try client.send(answer.bytes)
        try client.finish()
    }

    private func read() throws -> Delivery {
        // Read to its end before the journal is locked: a slow sender must not stop others.
        let bytes = try ServedClient.message(limit: Delivery.maximumLength)
        do throws(MessageRefusal) { return try Delivery(parsing: bytes) } catch {
            throw Complaint("this is no delivery: \(error)", hint: "devjournal deliver makes one", .refused)
        }
    }

    /// A workstation that talks for ever must not leave the server without room for its own records.
    private func requireRoom(_ delivery: Delivery) throws {
        let bytes = delivery.events.reduce(0) { $0 + $1.count }
        try SpaceCheck.server(machine)
            .require(SpaceNeed("recording what was delivered", bytes: bytes), in: machine.server.journal.path)
    }

    /// Holds the lock no longer than the work on the journal takes.
    private func answer(_ delivery: Delivery) throws -> DeliveryAnswer {
        var journal = try machine.openJournal()
        guard delivery.log == journal.log else {
            throw Complaint("the delivery is for journal \(delivery.log), not for this one", .refused)
        }
        try requireRoom(delivery)
        let before = journal.size
        let answer = try journal.answer(delivery, quota: machine.quota)
        if journal.size > before {
            // The events are recorded; their sender must hear of it, whatever becomes of the projections.
            do { try machine.writeProjections(of: journal) } catch { Terminal.warn(Complaint(error).message) }
        }
        return answer
    }
}

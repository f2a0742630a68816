import Backup
import DurableFiles
import JournalFormat
import JournalStore
import SystemPackage

/// Answers one delivery, from standard input to standard output.
struct ServedDelivery {
    private let configuration: Configuration

    init(_ configuration: Configuration) {
        self.configuration = configuration
    }

    func run() throws {
        let answer = try answer(try read())
        var client = ServedClient()
        try client.send(answer.bytes)
        try client.finish()
    }

    /// The same, with what the server lacks before it.
    func exchange() throws {
        let answer = try answer(try read())
        var report = ServerReport()
        report.lacking = configuration.server.lacking(try configuration.replay().readableState())
        try send(report, answer)
    }

    func send(_ report: ServerReport, _ answer: DeliveryAnswer) throws {
        let bytes = answer.bytes
        var report = report
        report.answer = bytes.count
        var client = ServedClient()
        try client.send(Array(report.line.utf8))
        try client.send(bytes)
        try client.finish()
    }

    private func read() throws -> Delivery {
        // Read to its end before the journal is locked: a slow sender must not stop others.
        try delivery(try ServedClient.message(limit: Delivery.maximumLength))
    }

    func delivery(_ bytes: [UInt8]) throws -> Delivery {
        do throws(MessageRefusal) { return try Delivery(parsing: bytes) } catch {
            throw Complaint("this is no delivery: \(error)", hint: "devjournal deliver makes one", .refused)
        }
    }

    /// A workstation that talks for ever must not leave the server without room for its own records.
    private func requireRoom(_ delivery: Delivery) throws {
        let bytes = delivery.events.reduce(0) { $0 + $1.count }
        try SpaceCheck.server(configuration)
            .require(SpaceNeed("recording what was delivered", bytes: bytes), in: configuration.server.journal.path)
    }

    /// Holds the lock no longer than the work on the journal takes.
    func answer(_ delivery: Delivery) throws -> DeliveryAnswer {
        var journal = try configuration.openJournal()
        guard delivery.log == journal.log else {
            throw Complaint("the delivery is for journal \(delivery.log), not for this one", .refused)
        }
        try requireRoom(delivery)
        let before = journal.size
        let answer = try journal.answer(delivery, quota: configuration.quota)
        if journal.size > before {
            // The events are recorded; their sender must hear of it, whatever becomes of the projections.
            do { try configuration.writeProjections(of: journal) } catch { Terminal.warn(Complaint(error).message) }
        }
        return answer
    }
}

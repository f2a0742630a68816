import Artifacts
import Backup
import BackupJournal
import DurableFiles
import JournalFormat
import JournalStore
import Machines
import Restoring
import SystemPackage

/// The server's part of the end of a handover: what has arrived is registered, the working copy follows, and the
/// workstation gets the records that tell of it.
struct ServedSettlement {
    private let machine: Machine
    private let author: KeyID
    private let client: ServedClient
    private let host: ServedWorkstation.Host

    init(_ machine: Machine, by author: KeyID, _ client: ServedClient, _ host: ServedWorkstation.Host) {
        self.machine = machine
        self.author = author
        self.client = client
        self.host = host
    }

    /// Where something fails the report has its exit status, and standard error the words; the delivery is answered all the
    /// same.
    func run() async throws {
        let registration = ServedRegistration(machine, by: author, client)
        var catalogues: [FilePath] = []
        defer { for catalogue in catalogues { try? removeFile(catalogue) } }
        let (request, delivery) = try receive(registration, &catalogues)
        var report = ServerReport()
        for (one, catalogue) in zip(request.arrived, catalogues) where report.register == 0 {
            report.register = await status { _ = try registration.register(one.name, catalogue) }
        }
        if report.register == 0, let label = request.follow { report.follow = await status { try await follow(label) } }
        let served = ServedDelivery(machine, client)
        let answer = try served.answer(delivery)
        report.lacking = machine.server.lacking(try machine.replay().readableState())
        report.streamVersion = await StreamVersion.known(machine.effects.programs)
        try served.send(report, answer)
    }

    /// Reads to the end before anything is done: the client must not be kept waiting with half a message.
    private func receive(
        _ registration: ServedRegistration, _ catalogues: inout [FilePath]
    ) throws -> (SettlementRequest, delivery: [UInt8]) {
        let message = client.reading()
        guard let line = try message.line(limit: SettlementRequest.longestLine),
            let request = SettlementRequest(parsing: line, dataset: machine.dataset)
        else { throw ServingError.notASettlement }
        let state = try machine.replay().readableState()
        for one in request.arrived {
            catalogues.append(
                try registration.receiveCatalogue(of: one.name, bytes: one.catalogue, from: message, state))
        }
        let delivery = try message.rest(limit: Delivery.maximumLength)
        guard delivery.count == request.delivery else { throw ServingError.notASettlement }
        return (request, delivery)
    }

    /// The exit status of what is done.
    private func status(of work: () async throws -> Void) async -> Int {
        do {
            try await work()
            return 0
        } catch {
            return host.complain(error)
        }
    }

    /// The working copy follows the label.
    func follow(_ label: Label) async throws {
        guard machine.updatesWorktree else { return machine.reporter.say("this server keeps no working copy") }
        let plan = try RestorePlan(label, try machine.replay().readableState())
        let restore = ServerRestore(machine, host.root, isRoot: host.isRoot)
        try await ClientWatch.run(endProcess: host.endProcess) { _ = try await restore.run(plan) }
    }
}

import Backup
import DurableFiles
import JournalFormat
import JournalStore
import Sealing

/// What a workstation says to its server on another machine, over ssh. A server that cannot be reached, or does not take
/// it now, is `incomplete`: that passes, and nothing is lost by running it again. What waiting does not mend has the
/// status of its own.
struct ServerTalk {
    /// Registering reads the whole artifact, and a working copy may take hours to follow.
    private static let longPatience = Patience(silence: 12 * 3600)

    private let workstation: Workstation
    private let connection: ServerConnection
    private let host: String

    init(_ workstation: Workstation) throws {
        let settings = workstation.configuration.settings
        guard let connection = ServerConnection(settings) else {
            throw Complaint(
                "what reaches the server is missing", hint: "LS_HOST in the configuration, or deliver -- COMMAND",
                .usage)
        }
        self.workstation = workstation
        self.connection = connection
        host = settings["LS_HOST"]
    }

    func deliver(_ delivery: Delivery) async throws -> [UInt8] {
        let answer = try await run("deliver", delivery.bytes, CommandExchange.usualPatience)
        guard (try? DeliveryAnswer(parsing: answer.bytes)) != nil else { throw failure(answer.status) }
        return answer.bytes
    }

    /// Events both ways, and what the server has registered and lacks.
    func exchange() async throws -> ServerReport {
        try await delivering(first: "exchange", CommandExchange.usualPatience) { $0.bytes }
    }

    /// The end of a handover.
    ///
    /// - Parameter catalogues: of the artifacts, in their order; empty where there is none.
    func settle(_ names: [ArtifactName], catalogues: [[UInt8]], follow: Label?) async throws -> ServerReport {
        let arrived = zip(names, catalogues).map { SettlementRequest.Arrived($0, catalogue: $1.count) }
        return try await delivering(first: "settle", Self.longPatience) { delivery in
            let bytes = delivery.bytes
            let request = SettlementRequest(arrived, follow: follow, delivery: bytes.count)
            return Array(request.line.utf8) + catalogues.joined() + bytes
        }
    }

    /// The first round asks what is to be asked, and those after it only deliver.
    private func delivering(
        first request: String, _ patience: Patience, _ message: (Delivery) -> [UInt8]
    ) async throws -> ServerReport {
        var report: ServerReport?
        let tally = try await WorkstationDelivery(workstation).run { delivery in
            guard report == nil else { return try await deliver(delivery) }
            let answer = try await run(request, message(delivery), patience)
            guard let end = answer.bytes.firstIndex(of: UInt8(ascii: "\n")),
                let said = ServerReport(parsing: Array(answer.bytes[..<end])),
                answer.bytes.count - end - 1 == said.answer
            else { throw failure(answer.status) }
            report = said
            return Array(answer.bytes[(end + 1)...])
        }
        tally.warn()
        guard let report else { preconditionFailure("a delivery has a round") }
        return report
    }

    private func run(_ request: String, _ message: [UInt8], _ patience: Patience) async throws -> CommandExchange.Answer
    {
        do {
            return try await CommandExchange.run(
                connection.ssh + [request], message, in: workstation.configuration.workstationState,
                limit: ServerReport.longestLine + DeliveryAnswer.maximumLength, patience: patience, missing: .notFound)
        } catch SSHRefusal.keyNotAdmitted {
            let of = workstation.configuration.dataset == "dev" ? "" : " --dataset \(workstation.configuration.dataset)"
            throw Complaint(
                "LS answers at \(host), and does not admit this workstation's key",
                hint: "on LS: sudo init_LS.sh\(of) --pair 'LINE', with the line that sudo init_WS.sh\(of) prints here",
                .refused)
        } catch let complaint as Complaint where complaint.status == .failed {
            throw Complaint(complaint.message, hint: complaint.hint, .incomplete)
        }
    }

    /// ssh itself ends with 255; any other status is the server's own, whose words are on standard error already.
    private func failure(_ status: ChildStatus) -> any Error {
        guard case .exited(let code) = status, code != 255, code != 0 else {
            return Complaint(
                "\(host) cannot be reached, or the link broke", hint: "run it again: nothing is sent twice", .incomplete
            )
        }
        let lasting: [ExitStatus] = [.damaged, .refused, .notFound, .wrongKey]
        if let known = ExitStatus(rawValue: code), lasting.contains(known) {
            Terminal.say("LS answers at \(host), and refuses; its words are above")
            return SaidElsewhere(status: code)
        }
        return Complaint(
            "LS answers at \(host), and does not take it now", hint: "run it again: nothing is sent twice", .incomplete)
    }
}

package import Backup
import DurableFiles
package import JournalFormat
import JournalStore
import Sealing
package import SystemPackage

/// What a workstation says to its server on another machine, over ssh. A server that cannot be reached, or does not take
/// it now, is `incomplete`: that passes, and nothing is lost by running it again. What waiting does not mend has a kind of
/// its own.
package struct ServerTalk {
    /// Registering reads the whole artifact, and a working copy may take hours to follow.
    private static let longPatience = Patience(silence: 12 * 3600)

    private let workstation: Workstation
    private let connection: ServerConnection
    private let host: String

    package init(_ workstation: Workstation) throws {
        let settings = workstation.machine.settings
        guard let connection = ServerConnection(settings) else { throw DeliveryError.noServer }
        self.workstation = workstation
        self.connection = connection
        host = settings["LS_HOST"]
    }

    package func deliver(_ delivery: Delivery) async throws -> [UInt8] {
        let answer = try await run("deliver", [.bytes(delivery.bytes)], CommandExchange.usualPatience)
        guard (try? DeliveryAnswer(parsing: answer.bytes)) != nil else { throw failure(answer.status) }
        return answer.bytes
    }

    /// Events both ways, and what the server has registered and lacks.
    package func exchange() async throws -> (ServerReport, OutboxDelivery.Result) {
        try await delivering(first: "exchange", CommandExchange.usualPatience) { [.bytes($0.bytes)] }
    }

    /// The end of a handover.
    ///
    /// - Parameter files: the artifacts, each with its catalogue next to it if it has one.
    package func settle(
        _ files: [(name: ArtifactName, catalogue: FilePath)], follow: Label?
    ) async throws -> (ServerReport, OutboxDelivery.Result) {
        let catalogues = try files.map { file in
            pathExists(file.catalogue) ? Int(try OpenFile(regular: file.catalogue, .readOnly).size()) : 0
        }
        let arrived = zip(files, catalogues).map { SettlementRequest.Arrived($0.name, catalogue: $1) }
        return try await delivering(first: "settle", Self.longPatience) { delivery in
            let bytes = delivery.bytes
            let request = SettlementRequest(arrived, follow: follow, delivery: bytes.count)
            let parts = zip(files, catalogues).filter { $1 > 0 }
                .map { CommandExchange.Part.file($0.catalogue, count: $1) }
            return [.bytes(Array(request.line.utf8))] + parts + [.bytes(bytes)]
        }
    }

    /// The first round asks what is to be asked, and those after it only deliver.
    private func delivering(
        first request: String, _ patience: Patience, _ message: (Delivery) -> [CommandExchange.Part]
    ) async throws -> (ServerReport, OutboxDelivery.Result) {
        var report: ServerReport?
        let result = try await OutboxDelivery(workstation).run { delivery in
            guard report == nil else { return try await deliver(delivery) }
            let answer = try await run(request, message(delivery), patience)
            guard let end = answer.bytes.firstIndex(of: UInt8(ascii: "\n")),
                let said = ServerReport(parsing: Array(answer.bytes[..<end])),
                answer.bytes.count - end - 1 == said.answer
            else { throw failure(answer.status) }
            report = said
            return Array(answer.bytes[(end + 1)...])
        }
        guard let report else { preconditionFailure("a delivery has a round") }
        return (report, result)
    }

    /// Files of a label, or names alone. Nothing is tried twice: what has left the server is in its journal.
    ///
    /// - Parameter take: takes the answer while it arrives, and throws `AnswerEndedError` where it ends early.
    package func read(
        _ label: Label, _ request: ReadRequest, _ take: @escaping CommandExchange.Reading
    ) async throws {
        let outcome = try await naming {
            try await workstation.machine.effects.programs.exchange(
                connection.ssh + ["read \(label)"], [.bytes(Array(request.line.utf8))],
                in: workstation.machine.workstationState, reading: take)
        }
        switch outcome.failure {
        case nil: return
        case let ended as AnswerEndedError:
            if !ended.hasBegun, case .exited(6) = outcome.status { try await requireReads() }
            throw failure(outcome.status)
        case let failure as FileFailure where failure.errno == .timedOut: throw DeliveryError.notNow(host)
        case let failure?: throw failure
        }
    }

    /// Where the server refuses a reading: that its version knows of none is the first thing to find out.
    private func requireReads() async throws {
        let answer = try await run("hello", [], CommandExchange.usualPatience)
        guard let end = answer.bytes.firstIndex(of: UInt8(ascii: "\n")),
            let hello = (try? JSONValue(parsing: Array(answer.bytes[..<end])))?.object,
            let version = hello["version"]?.string, hello["reads"] != .bool(true)
        else { return }
        throw DeliveryError.readsNothing(host, version: version)
    }

    private func run(
        _ request: String, _ message: [CommandExchange.Part], _ patience: Patience
    ) async throws -> CommandExchange.Answer {
        try await naming {
            try await workstation.machine.effects.programs.exchange(
                connection.ssh + [request], message, in: workstation.machine.workstationState,
                limit: ServerReport.longestLine + DeliveryAnswer.maximumLength, patience: patience)
        }
    }

    private func naming<Value>(_ body: () async throws -> Value) async throws -> Value {
        do {
            return try await body()
        } catch SSHError.keyNotAdmitted {
            throw DeliveryError.keyNotAdmitted(host, dataset: workstation.machine.dataset)
        } catch let error as DeliveryError {
            switch error {
            case .answerStopped, .answerNotRead:
                workstation.machine.reporter.say(error.description)
                throw DeliveryError.notNow(host)
            case .noSuchProgram: throw NoSSHError(error)
            default: throw error
            }
        }
    }

    /// ssh itself ends with 255; any other status is the server's own, whose words are on standard error already.
    private func failure(_ status: ChildStatus) -> any Error {
        guard case .exited(let code) = status, code != 255, code != 0 else { return DeliveryError.outOfReach(host) }
        // Damaged, refused, not found, wrong key: by waiting none of them passes.
        guard [1, 6, 7, 8].contains(code) else { return DeliveryError.notNow(host) }
        workstation.machine.reporter.say("LS answers at \(host), and refuses; its words are above")
        return SaidElsewhereError(status: code)
    }
}

/// The answer to a reading ended before all of it was there.
package struct AnswerEndedError: Error, Equatable {
    /// Whether anything of it had come.
    package let hasBegun: Bool

    package init(hasBegun: Bool) { self.hasBegun = hasBegun }
}

/// There is no ssh on this machine.
private struct NoSSHError: OperationError {
    private let error: DeliveryError

    init(_ error: DeliveryError) { self.error = error }

    var description: String { error.description }
    var hint: String? { error.hint }
    var kind: FailureKind { .notFound }
}

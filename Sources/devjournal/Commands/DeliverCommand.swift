import ArgumentParser
import Backup
import Digest
import DurableFiles
import JournalFormat
import JournalStore
import Sealing

struct DeliverCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "deliver", abstract: "On the workstation: send what is pending, and bring the replica up to date.",
        discussion: """
            COMMAND gets the delivery on its standard input and answers on its standard output:

              devjournal deliver -- ssh ls devjournal serve deliver
              devjournal deliver -- devjournal serve deliver --config ls.conf

            Without COMMAND ssh reaches the server that LS_HOST names. 6 and 7 then also say that the server does not \
            admit this workstation's key, or has refused, and 11 that it cannot be reached or does not take it now: \
            run it again.

            What the server answers is judged with every signature and checked against everything this machine \
            remembers before it is written. An event is delivered once, however often an answer is lost. One that the \
            server cannot judge yet stays pending, and so does what is beyond the server's daily quota for this key \
            (AUTHOR_EVENTS_PER_DAY, AUTHOR_BYTES_PER_DAY): a later delivery brings the rest. One that it refuses is \
            set aside and reported, and the others are delivered. Where the server's journal is not the one that is \
            remembered, nothing is delivered and both signed heads are printed. An exchange in which nothing arrives \
            for 5 minutes, or less than 1,000 bytes a second for longer, is ended.

            Exit status: 0 everything pending is recorded · 1 a fork, a journal that is too short or continues \
            another one than this workstation's old one, an answer that cannot be believed · 2 COMMAND failed, or a \
            full disk: try again · 4 delivered, but events were refused or put off, or the outbox has a damaged line · \
            6 a cut, which devjournal witness accept may accept, or a root that was replaced: devjournal replica pin · \
            7 no journal is pinned · 11 the server is out of reach · 12 another ssh host key answers than the one that was paired · 64 wrong usage
            """)

    @OptionGroup var options: ConfigurationOption
    @OptionGroup var output: JSONOption
    @Argument(parsing: .postTerminator, help: "What reaches the server (default: ssh, to LS_HOST).")
    var command: [String] = []

    func run() async throws {
        let configuration = try options.read()
        let workstation = try Workstation(configuration)
        let server = command.isEmpty ? try ServerTalk(workstation) : nil
        let tally = try await WorkstationDelivery(workstation).run { delivery in
            if let server { return try await server.deliver(delivery) }
            return try await DeliverCommand.exchange(delivery, command, workstation)
        }
        tally.show(asJSON: output.json)
        if tally.hasWarnings { throw ExitCode(ExitStatus.warnings.rawValue) }
    }

    /// Runs the command once. An answer that arrived in full counts, however the command ended.
    static func exchange(
        _ delivery: Delivery, _ command: [String], _ workstation: Workstation
    ) async throws -> [UInt8] {
        let answer = try await CommandExchange.run(
            command, delivery.bytes, in: workstation.configuration.workstationState,
            limit: DeliveryAnswer.maximumLength)
        if !answer.status.isSuccess, (try? DeliveryAnswer(parsing: answer.bytes)) == nil {
            throw Complaint(
                "\(command.joined(separator: " ")) ended with \(answer.status) and no whole answer",
                hint: "run it again: what is pending stays pending, and nothing is recorded twice", .failed)
        }
        return answer.bytes
    }
}

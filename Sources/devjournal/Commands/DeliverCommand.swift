import ArgumentParser
import Backup
import BackupJournal
import Digest
import DurableFiles
import JournalFormat
import JournalStore
import Machines

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

            Before anything of the server's answer is written, every signature in it is checked, and it is checked \
            against everything that this machine remembers. An event is recorded once, however often an answer is \
            lost. An event that the server cannot judge yet stays pending, and so do events beyond the server's daily \
            quota for this key (AUTHOR_EVENTS_PER_DAY, AUTHOR_BYTES_PER_DAY): a later delivery sends them. An event \
            that the server refuses is set aside and reported, and the others are delivered. If the server's journal \
            is not the one that is remembered, nothing is delivered and both signed heads are printed. An exchange in \
            which nothing arrives for 5 minutes, or less than 1,000 bytes a second for longer, is ended.

            Exit status: 0 everything pending is recorded · 1 a fork, a journal that is too short or continues \
            another one than this workstation's old one, an answer that cannot be believed · 2 COMMAND failed, or a \
            full disk: try again · 4 delivered, but events were refused or put off, or the outbox has a damaged line \
            · 6 a cut, which devjournal witness accept may accept, or a root that was replaced: devjournal replica \
            pin · 7 no journal is pinned · 11 the server is out of reach · 12 another ssh host key answers than the \
            one that was paired · 64 wrong usage
            """)

    @OptionGroup var options: ConfigurationOption
    @OptionGroup var output: JSONOption
    @Argument(parsing: .postTerminator, help: "What reaches the server (default: ssh, to LS_HOST).")
    var command: [String] = []

    @Flag(help: "The server may not know this workstation yet: then 8 says so, 11 out of reach, and 2 the rest.")
    var beforePairing = false

    func run() async throws {
        let machine = try options.read()
        let workstation = try Workstation(machine)
        let server =
            command.isEmpty ? try ServerTalk(workstation).deliver : CommandExchange.reaching(command, machine)
        let result: OutboxDelivery.Result
        do {
            result = try await OutboxDelivery(workstation).run(server)
        } catch DeliveryError.keyNotAdmitted(let host, _) where beforePairing {
            throw DeliveryError.keyNotAdmittedYet(host)
        } catch is SaidElsewhereError where beforePairing {
            throw SaidElsewhereError(status: ExitStatus.failed.rawValue)
        }
        result.show(asJSON: output.json)
        if result.needsAttention { throw ExitCode(ExitStatus.warnings.rawValue) }
    }
}

extension OutboxDelivery.Result {
    fileprivate func show(asJSON: Bool) {
        warn(TerminalReporter())
        if asJSON { return Terminal.json(json) }
        for event in recorded { Terminal.data("\(event.seq) \(event.id)") }
        Terminal.say(
            "\(Plain.counted(recorded.count, "event")) recorded; the replica has "
                + "\(Plain.counted(copied, "new record")), \(head?.size ?? 0) in all")
    }

    private var json: JSONObject {
        func object(_ id: EventID, _ why: EventAnswer.Explanation) -> JSONValue {
            .object(["id": .string(id.description), "reason": .string(why.name), "text": .string(why.text)])
        }
        return [
            "recorded": .array(
                recorded.map { .object(["id": .string($0.id.description), "seq": .integer($0.seq)]) }),
            "later": .array(later.map { object($0.id, $0.why) }), "waiting": .integer(waiting),
            "refused": .array(refused.map { object($0.id, $0.why) }), "copied": .integer(copied),
            "size": head.map { .integer($0.size) } ?? .null, "head": head.map { .string($0.head.hex) } ?? .null,
        ]
    }
}

import ArgumentParser
import DurableFiles
import Machines
import Ping
import SystemPackage

struct PingCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ping",
        abstract: "Tell the service that PING_URL names how a job of this machine goes.",
        discussion: """
            push and scrub send their own pings, the script of the month calls this. Standard input is the body: the \
            last lines that the job has said; 10,000 bytes of its end are sent. Without PING_URL nothing happens.

            What is not taken within 10 seconds is a warning: no job fails because of a ping.

            Exit status: 0 sent, or could not be sent, which is said · 64 usage
            """)

    @OptionGroup var options: ConfigurationOption
    @Argument(help: "start, success, fail, or log: neither, it is tried again.")
    var signal: PingSignal
    @Argument(help: "The job's name: month, push, scrub.")
    var job: PingedJob

    func run() throws {
        let machine = try options.read()
        guard let pings = JobPings(job, machine) else { return }
        let input = OpenFile(adopting: .standardInput, path: "standard input")
        pings.send(signal, (try? input.readToEnd(limit: 1 << 20)) ?? [])
    }
}

extension PingSignal: ExpressibleByArgument {}
extension PingedJob: ExpressibleByArgument {}

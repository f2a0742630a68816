import ArgumentParser
import DurableFiles
import JournalFormat
import JournalStore
import Machines

struct CheckClockCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check-clock", abstract: "Check whether this machine's clock is accepted for new records.",
        discussion: """
            The clock may be up to a day away from the last record, in either direction. Beyond that, the kernel has \
            to report it as synchronised (NTP), or CLOCK=trusted in the configuration has to say that it is right. \
            Use it in scripts that do something first and record it afterwards. It reads the last record only, \
            verifies no signature and changes nothing. Prints the clock's time and that of the last record.

            A machine with a journal uses its last record; a workstation whose server is another machine uses its \
            replica's last record and the last event of its outbox, as append --outbox does.

            Exit status: 0 accepted · 2 failed · 6 refused · 7 no journal, and none is pinned · 64 usage
            """)

    @OptionGroup var options: ConfigurationOption
    @OptionGroup var output: JSONOption
    @Flag(help: "Use replica and outbox, even if there is a journal here.")
    var outbox = false

    func run() throws {
        let machine = try options.load()
        let last = try last(machine)
        let clock = machine.clock()
        try clock.check(against: last)
        if output.json {
            Terminal.json([
                "clock": .string(clock.now.description), "last": last.map { .string($0.description) } ?? .null,
            ])
        } else {
            Terminal.data("\(clock.now) \(last?.description ?? "-")")
        }
    }

    private func last(_ machine: Machine) throws -> Timestamp? {
        let journal = machine.server.journal
        let isElsewhere = try !pathExists(journal.path) && Workstation.pin(machine) != nil
        if outbox || isElsewhere {
            let workstation = try Workstation(machine)
            return try workstation.files.lastTime(workstation.files.outbox.read(log: workstation.pin.log))
        }
        guard try journal.hasRecords() else { throw JournalError.missing(journal.path) }
        return try journal.lastTime()
    }
}

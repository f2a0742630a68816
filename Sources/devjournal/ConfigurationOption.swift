import ArgumentParser
import DurableFiles
import JournalStore
import Machines

/// The option that every command takes.
struct ConfigurationOption: ParsableArguments {
    @Option(name: .long, help: "The configuration file (default: $DEVJOURNAL_CONFIG, else /etc/devjournal/dev.conf).")
    var config: String?

    @Option(
        name: .long,
        help: ArgumentHelp(
            """
            Give up after waiting this long for another process's lock, with exit status 15 (default: wait, but never \
            for another push, scrub or restore).
            """,
            valueName: "seconds"))
    var lockTimeout: Double?

    func validate() throws {
        // A script whose variable is empty must not get another data set's configuration.
        if config == "" { throw ValidationError("--config needs a file's name; leave it out for the default") }
        if let lockTimeout, !(0...1_000_000).contains(lockTimeout) {
            throw ValidationError("--lock-timeout takes seconds, from 0 on")
        }
    }

    /// For what is done in the server's repository: as the account that it belongs to.
    func load() throws -> Machine {
        let machine = try read()
        try Account.takeOn(machine)
        return machine
    }

    /// For what is a workstation's, or root's.
    func read() throws -> Machine {
        LockWaiting(limit: lockTimeout).begin()
        return Machine(try Configuration(named: config), .ofThisProcess)
    }
}

/// The option of every command that reads.
struct JSONOption: ParsableArguments {
    @Flag(name: .long, help: "Print JSON, and errors as JSON too.")
    var json = false
}

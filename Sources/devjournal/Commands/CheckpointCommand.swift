import ArgumentParser
import JournalFormat
import JournalStore
import Machines
import Sodium

struct CheckpointCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "checkpoint",
        abstract: "Sign the journal's head and print the checkpoint, to be remembered elsewhere.",
        discussion: """
            Keep it as a file on another machine; devjournal verify --head FILE checks the journal against it.

            Exit status: 0 printed · 1 damaged or forged · 2 failed · 7 no journal · 15 --lock-timeout passed · 64 usage
            """)

    @OptionGroup var options: ConfigurationOption

    func run() throws {
        let journal = try options.load().openJournal(.reading)
        let note = try journal.writeCheckpoint().note
        journal.close()
        Terminal.exact(note)
    }
}

struct IdCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "id", abstract: "Print a new event id, so that a script can safely repeat an append.")

    func run() throws {
        Terminal.data(EventID(at: Clock.now(), random: randomBytes(10)).description)
    }
}

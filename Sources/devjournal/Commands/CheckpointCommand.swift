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
            Keep it as a file on another machine; devjournal verify --head FILE checks the journal against it. Each says \
            by when the next one is due, 36 hours ahead; while more than 24 of them are left and nothing new was \
            recorded, the same one is printed again.

            With --vkey it prints the verifier key that tools for signed notes (C2SP) need instead, on a workstation too.

            Exit status: 0 printed · 1 damaged or forged · 2 failed · 7 no journal · 15 --lock-timeout passed · 64 usage
            """)

    @OptionGroup var options: ConfigurationOption
    @Flag(help: "Print the sequencer's verifier key, and sign nothing.")
    var vkey = false

    func run() throws {
        if vkey {
            let keys = try ReadableJournal(try options.load()).replay().verifier.verifierKeys
            if let key = keys.last { Terminal.exact("\(key)") }
            return
        }
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

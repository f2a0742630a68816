import ArgumentParser
import BackupJournal
import JournalStore
import Machines

struct RepairCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "repair",
        abstract: "Make a journal writable again after a torn line or a write the disk did not confirm.",
        discussion: """
            The last segment is verified and written again, because after a failed sync the kernel may show bytes that \
            never reached the disk. What is cut off is kept next to the journal, and the repair is recorded.
            """)

    @OptionGroup var options: ConfigurationOption

    func run() throws {
        let machine = try options.load()
        let wasPoisoned = try machine.server.journal.rewriteAfterFailedSync(
            lock: machine.server.journalLock, pinnedRoot: try machine.server.pinnedRoot())
        let journal = try machine.openJournal(.reading)
        try machine.writeProjections(of: journal)
        journal.close()
        Terminal.say(
            wasPoisoned ? "the last segment was written again and the repair recorded" : "the journal is in order")
    }
}

import ArgumentParser
import Artifacts
import Backup
import BackupJournal
import DurableFiles
import JournalFormat
import JournalStore
import Machines
import SystemPackage

struct StoreCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "store",
        abstract: "Take artifacts that were pulled into the repository, each checked against the journal.",
        discussion: """
            Files that the journal does not know are left where they are and named. If copies of all of them would \
            use the reserve of the server's disk (RESERVE_BYTES), nothing is stored.

            Exit status: 0 stored, or there already · 1 a file is not what the journal says · 2 failed: the disk, too \
            little space · 6 refused: an artifact that the journal does not know · 7 no such directory · 64 usage
            """)

    @OptionGroup var options: ConfigurationOption
    @OptionGroup var output: JSONOption
    @Argument(help: "The directory that devjournal pull fetched into.")
    var directory: String

    func run() throws {
        let machine = try options.load()
        let stored = try PulledArtifacts(machine, in: FilePath(directory)).store()
        if output.json {
            Terminal.json(["stored": .array(stored.map { .string($0.description) })])
        } else {
            Terminal.say("\(Plain.counted(stored.count, "artifact")) stored in \(machine.server.root)")
            for name in stored { Terminal.exact(machine.server.root.appending(name.localPath).string) }
        }
    }
}

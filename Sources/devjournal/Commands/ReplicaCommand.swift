import ArgumentParser
import DurableFiles
import JournalFormat
import JournalStore

struct ReplicaCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replica", abstract: "On the workstation: its verified copy of the journal.",
        discussion: """
            WS_STATE/replica is a journal directory like the server's; devjournal deliver brings it up to date, and \
            devjournal verify --journal, devjournal log --journal and tools/verify_journal.py read it.
            """,
        subcommands: [Pin.self, Succeed.self])

    struct Pin: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "pin", abstract: "Say once which journal is the workstation's, and which root vouches for it.",
            discussion: """
                The server prints both: devjournal verify --json. Compare the fingerprint with the one in the recovery \
                kit or on the server's own screen, not over the network.
                Another root of the same journal is accepted when it vouches for the replica (journal-format.md, "The \
                pinned root"). Another journal is refused as soon as anything was said or copied.

                Exit status: 0 pinned · 1 the root does not vouch for the replica · 6 refused · 64 wrong usage
                """)

        @OptionGroup var options: ConfigurationOption
        @Option(help: "The journal's id.")
        var log: String
        @Option(help: "The root's fingerprint.")
        var root: String

        func run() throws {
            let configuration = try options.load()
            let pin = try Self.pin(log: log, root: root)
            let files = WorkstationFiles(configuration.workstationState)
            try makeDirectories(files.directory, permissions: 0o700)
            let lock = try FileLock(files.replicaLock)
            if let old = try Workstation.pin(configuration), old != pin { try refuseChange(from: old, to: pin, files) }
            try pin.write(files.pin)
            lock.unlock()
            Terminal.say("journal \(log) is pinned, with root \(root)")
        }

        static func pin(log: String, root: String) throws -> ReplicaPin {
            guard let log = EventID(log) else { throw Complaint("\(log) is no journal's id", .usage) }
            guard let root = KeyID(root) else {
                throw Complaint("\(root) is no fingerprint", hint: "32 lower-case hex digits", .usage)
            }
            return ReplicaPin(log: log, root: root)
        }

        private func refuseChange(from old: ReplicaPin, to pin: ReplicaPin, _ files: WorkstationFiles) throws {
            let isUsed = try !files.outbox.isEmpty || files.replica.hasRecords()
            guard old.log == pin.log || !isUsed else {
                throw Complaint(
                    "this workstation belongs to journal \(old.log)",
                    hint: "another data set has a WS_STATE of its own; where the server and its recovery kit are lost: "
                        + "devjournal replica succeed", .refused)
            }
            if try files.replica.hasRecords() { _ = try files.replica.replay(pinnedRoot: pin.root) }
        }
    }
}

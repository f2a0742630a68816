import ArgumentParser
import Backup
import DurableFiles
import Glibc
import JournalFormat
import JournalStore
import SystemPackage

struct RestoreCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Receive a label's chain on this server and derive the working copy from it.",
        discussion: """
            What was received before is kept and reused. The working copy that is replaced, edits included, is kept \
            beside the new one under a dated name. Prints the path of the received snapshot.
            """)

    @OptionGroup var options: ConfigurationOption
    @Argument(help: "latest, 2026-01 or dev@2026-01.")
    var label = "latest"
    @Flag(help: "Print the plan and the equivalent stock commands, and change nothing.")
    var dryRun = false

    func run() async throws {
        let configuration = try options.load()
        let server = configuration.server
        let state = try configuration.state()
        let plan = try RestorePlan(try configuration.label(label, in: state), state)
        let receiver = SnapshotReceiver(configuration)
        if dryRun {
            let start = try await receiver.firstMissing(plan)
            return describe(plan.steps[start...], configuration)
        }
        guard geteuid() == 0 else {
            throw Complaint("btrfs receive needs root", hint: "sudo devjournal restore", .failed)
        }
        guard let lock = try FileLock.tryLock(server.restoreLock) else {
            throw Complaint("another restore is running", .failed)
        }
        try await receiver.receive(plan)
        let received = receiver.path(of: plan.label)
        if configuration.updatesWorktree {
            try await WorkingCopy(configuration).derive(from: received, plan.label)
        }
        lock.unlock()
        Terminal.data(received.string)
    }

    private func describe(_ steps: ArraySlice<BackupState.Entry>, _ configuration: Configuration) {
        let server = configuration.server
        let bytes = steps.reduce(0) { $0 + $1.artifact.bytes }
        Terminal.say("\(steps.count) artifacts to receive, \(Terminal.bytes(bytes))")
        for step in steps {
            Terminal.data(
                "age -d -i \(server.ageIdentity) \(server.root.appending(step.localPath)) | zstd -d | "
                    + "btrfs receive \(server.received)")
        }
    }
}

import ArgumentParser
import Backup
import BackupJournal
import JournalFormat
import JournalStore
import Machines
import Restoring

struct ReleaseCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "release", abstract: "On the server: allow a workstation to restore a label, for a day.",
        discussion: """
            Only with RELEASE=confirm in the server's configuration is this needed; without it a workstation may restore \
            its own data set at any time. Each restore is recorded as restore.released, with who allowed it.

            Exit status: 0 allowed · 7 no such label or workstation · 64 usage
            """)

    @OptionGroup var options: ConfigurationOption
    @Argument(help: "latest, 2026-01 or dev@2026-01.")
    var label: String
    @Option(help: "The workstation's name, as devjournal key list shows it.")
    var to: String

    func run() throws {
        let machine = try options.load()
        let replay = try machine.replay()
        let label = try machine.label(label, in: try replay.readableState())
        let keys = replay.verifier.keyring.inOrder
        guard let workstation = keys.last(where: { $0.role == .author && $0.retiredAt == nil && $0.name == to }) else {
            throw Complaint("no workstation \(to) is enrolled", hint: "devjournal key list", .notFound)
        }
        let release = RestoreRelease.ofThisProcess(machine)
        try release.allow(label, for: workstation)
        Terminal.say("\(to) may restore \(label) for a day")
        if !machine.confirmsReleases { Terminal.warn("RELEASE=auto: it may do so without being allowed") }
    }
}

import ArgumentParser
import Machines
import Restoring

struct ReleaseCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "release",
        abstract: "On the server: allow a workstation to restore a label, or to read in it, for a day.",
        discussion: """
            This is needed only with RELEASE=confirm in the server's configuration; without it a workstation may \
            restore its own data set at any time, print or extract its files, and ask for names. Each time is recorded as \
            restore.released, with who allowed it. The word counts for the label and the chain that it needs.

            Exit status: 0 allowed · 7 no such label or workstation · 64 usage
            """)

    @OptionGroup var options: ConfigurationOption
    @Argument(help: "latest, 2026-01 or dev@2026-01.")
    var label: String
    @Option(help: "The workstation's name, as devjournal key list shows it.")
    var to: String

    func run() throws {
        let machine = try options.load()
        let label = try RestoreRelease.ofThisProcess(machine).allow(label, to: to)
        Terminal.say("\(to) may restore \(label) for a day")
        if !machine.confirmsReleases { Terminal.warn("RELEASE=auto: it may do so without being allowed") }
    }
}

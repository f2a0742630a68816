import ArgumentParser
import Artifacts
import Backup
import BackupJournal
import Digest
import DurableFiles
import Glibc
import JournalFormat
import JournalStore
import Machines
import Mirror
import ObjectStore
import Sealing
import SystemPackage

struct PullCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pull",
        abstract: "Fetch the journal and one label's chain of artifacts from the mirror.",
        discussion: """
            It fetches into a directory of its own, from where devjournal store takes them. A file that is there \
            already and right is not fetched again; a download that was cut off continues where it stopped. A fetch \
            that would use the reserve of the disk (RESERVE_BYTES) does not begin.

            Exit status: 0 fetched · 1 an object is not what the journal says · 2 failed: the disk, too little space \
            · 6 the directory belongs to others too · 7 no such label, an object is missing · 9 the mirror refused or \
            cannot be reached · 64 usage
            """)

    @OptionGroup var options: ConfigurationOption
    @OptionGroup var output: JSONOption
    @OptionGroup var endpoint: EndpointOption
    @Argument(help: "latest, 2026-01 or dev@2026-01.")
    var label = "latest"
    @Option(help: "The directory to fetch into.")
    var to = "/tmp/dev-backup-cloud-pull"

    func run() throws {
        let machine = try options.load(endpoint)
        let target = FilePath(to)
        let pulled = try ChainPull(machine, into: target).run(label)
        let plan = pulled.plan
        if output.json {
            Terminal.json([
                "label": .string(plan.label.description), "directory": .string(to),
                "artifacts": .array(plan.steps.map { .object($0.json) }), "fetched": .integer(pulled.fetchedBytes),
            ])
        } else {
            Terminal.say("\(plan.label) and what it needs, \(Terminal.bytes(plan.bytes)), is in \(to)")
            for step in plan.steps { Terminal.exact(target.appending(step.artifact.name.localPath).string) }
        }
    }
}

import ArgumentParser
import Artifacts
import Backup
import DurableFiles
import JournalFormat
import Machines
import SystemPackage

struct FetchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fetch",
        abstract: "On the server: fetch the artifacts that only the mirror has.",
        discussion: """
            After a rebuild from the mirror LS has only what was pulled and stored. This fetches the rest, or the \
            labels that are named, each with its catalogue; it checks each against the journal and records it \
            (artifact.stored). Artifacts that are here already stay as they are and are not read; devjournal scrub \
            checks them.

            Exit status: 0 all of it is here · 2 failed, or a scrub or another fetch is running · 7 no journal, no \
            such label · 11 something could not be fetched, as the lines before say · 64 usage, or no mirror is \
            configured
            """)

    @OptionGroup var options: ConfigurationOption
    @OptionGroup var endpoint: EndpointOption
    @Argument(help: "Only these: latest, 2026-01 or dev@2026-01 (default: all).")
    var labels: [String] = []

    func run() throws {
        let machine = try options.load(endpoint)
        try machine.requireServer()
        let artifacts = MirroredArtifacts(machine)
        let plan = try artifacts.plan(labels, try machine.state())
        try artifacts.bring(plan)
        let brought = plan.missing.count
        Terminal.say("\(Plain.counted(brought, "artifact")) brought, \(plan.wanted.count - brought) were here")
    }
}

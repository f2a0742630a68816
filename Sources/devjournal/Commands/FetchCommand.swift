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
        let state = try machine.state()
        let wanted = try labels.isEmpty ? state.order : labels.map { try machine.label($0, in: state) }
        let missing = try wanted.map { label in
            guard let entry = state.entries[label] else { throw RestorePlan.Failure.unknownLabel(label) }
            return entry
        }.filter { !pathExists(machine.server.root.appending($0.localPath)) }
        guard missing.isEmpty || machine.mirror != nil else {
            throw Complaint("no mirror is configured", hint: "set MIRROR, such as file:///srv/mirror", .usage)
        }
        let lock = try FileLock.ofWork(machine.server.scrubLock, "a scrub, or another fetch,")
        let scrub = Scrub(machine, total: 0)
        var left: [Label] = []
        for entry in missing {
            guard scrub.repair(entry) else {
                left.append(entry.artifact.label)
                continue
            }
            if entry.catalogueKey != nil, try Catalogues(machine.server).condition(of: entry) == .missing {
                _ = scrub.repairCatalogue(entry)
            }
        }
        lock.unlock()
        guard left.isEmpty else {
            throw Complaint(
                "not brought: \(Plain.list(left.map(\.description)))", hint: "the lines before say why", .incomplete)
        }
        Terminal.say("\(Plain.counted(missing.count, "artifact")) brought, \(wanted.count - missing.count) were here")
    }
}

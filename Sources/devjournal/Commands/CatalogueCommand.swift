import ArgumentParser
import Backup
import JournalFormat
import Machines
import Restoring
import SystemPackage

struct CatalogueCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "catalogue", abstract: "The catalogues, which say what is in a month and where.",
        subcommands: [Make.self])

    struct Make: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "make", abstract: "On the server: make the catalogue of a month that has none.",
            discussion: """
                A month is sealed with its catalogue. One that was imported has none, and one can be lost. This lists \
                the month's received snapshot, which must be the tree that was sealed, and reads its artifact once; it \
                seals the catalogue to the journal's recipients, places it, and records it (artifact.catalogued). The \
                next push brings it to the mirror. Changes nothing where the month has a sound one. If the mirror has \
                it, fetch that instead: devjournal scrub --repair.

                An artifact that stock zstd has made is one frame: its catalogue lists it, and no file of it can be \
                read alone.

                Exit status: 0 made, or there already · 1 snapshot or artifact is not what was sealed · 2 failed · 6 \
                the mirror has it, or the snapshot is no longer the one that was received · 7 no such month, its \
                artifact or its received snapshot is missing · 8 the key does not open it · 64 usage
                """)

        @OptionGroup var options: ConfigurationOption
        @OptionGroup var output: JSONOption
        @Argument(help: "latest, 2026-01 or dev@2026-01.")
        var label: String
        @Flag(help: "Make another one, also if there is a sound one.")
        var again = false

        func run() async throws {
            let machine = try options.load()
            try machine.requireServer()
            let label = try machine.label(label, in: try machine.state())
            let outcome = try await CatalogueMaking(machine, machine.rootSteps()).run(label, again: again)
            let path = machine.server.catalogue(of: label).string
            if output.json {
                Terminal.json([
                    "label": .string(label.description), "path": .string(path), "made": .bool(outcome != .isThere),
                ])
                return
            }
            if outcome == .isThere { Terminal.say("\(label) has a sound catalogue already") }
            Terminal.exact(path)
        }
    }
}

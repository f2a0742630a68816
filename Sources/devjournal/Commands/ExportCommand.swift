import ArgumentParser
import Artifacts
import Backup
import JournalFormat
import Machines
import SystemPackage

struct ExportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Give the journal to others: a bundle for an auditor, or the tiles of a log.",
        discussion: """
            The bundle holds the journal, a checkpoint signed now, root's fingerprint, the format's description, an \
            independent verifier in Python, and a README with the commands; if the journal succeeds another, that \
            one's lines too. Every signature is checked before anything is written. OUT is a new directory, or an \
            archive if its name ends in .tar.

            With --tiles it writes the journal into a directory as a C2SP tiled log (tlog-tiles), for other people's tools, \
            and prints the verifier key that they need. The next export into the same directory adds what is new. The \
            tiles hold every record as it is: publish them only if everybody may read the journal.

            Exit status: 0 exported · 1 damaged or forged: nothing is exported · 2 failed · 6 OUT is there already, or \
            holds something else · 7 no journal, no checkpoint · 64 usage
            """)

    @OptionGroup var options: ConfigurationOption
    @OptionGroup var output: JSONOption
    @Option(help: "Write tiles into this directory.")
    var tiles: String?
    @Option(help: "With --tiles: the journal's directory (default: LS_ROOT/journal, else the replica).")
    var journal: String?
    @Argument(help: "The directory or the .tar file to make.")
    var out: String?

    func validate() throws {
        guard (tiles == nil) != (out == nil) else { throw ValidationError("give either OUT or --tiles DIR") }
        if journal != nil, tiles == nil { throw ValidationError("--journal goes with --tiles") }
    }

    func run() throws {
        if let tiles { try exportTiles(to: tiles) }
        if let out { try exportBundle(to: out) }
    }

    private func exportTiles(to place: String) throws {
        let tiles = try TilesExport(try options.load(), named: journal).run(to: place)
        if output.json {
            Terminal.json([
                "path": .string(tiles.path.string), "records": .integer(tiles.records), "files": .integer(tiles.files),
                "vkey": .string("\(tiles.key)"),
            ])
        } else {
            Terminal.say(
                "\(Plain.counted(tiles.records, "record")) in \(tiles.path), \(Plain.counted(tiles.files, "new file")); who reads them needs the "
                    + "verifier key:")
            Terminal.exact("\(tiles.key)")
        }
    }

    private func exportBundle(to out: String) throws {
        let bundle = try AuditorExport(try options.load()).run(to: out)
        if output.json {
            Terminal.json([
                "path": .string(bundle.path.string), "records": .integer(bundle.records),
                "root": .string("\(bundle.root)"), "head": .string(bundle.head),
            ])
        } else {
            Terminal.say(
                "\(Plain.counted(bundle.records, "record")) exported; give the auditor root's fingerprint in another way:"
            )
            Terminal.exact("\(bundle.root)")
        }
    }
}

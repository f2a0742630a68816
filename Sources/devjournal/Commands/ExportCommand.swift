import ArgumentParser
import Artifacts
import Backup
import JournalFormat
import Machines
import SystemPackage

struct ExportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Make one bundle for an auditor's laptop without devjournal.",
        discussion: """
            The bundle holds the journal, a checkpoint signed now, root's fingerprint, the format's description, an \
            independent verifier in Python, and a README with the commands; if the journal succeeds another, that \
            one's lines too. Every signature is checked before anything is written. OUT is a new directory, or an \
            archive if its name ends in .tar.

            Exit status: 0 exported · 1 damaged or forged: nothing is exported · 2 failed · 6 OUT is there already · \
            7 no journal · 64 usage
            """)

    @OptionGroup var options: ConfigurationOption
    @OptionGroup var output: JSONOption
    @Argument(help: "The directory or the .tar file to make.")
    var out: String

    func run() throws {
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

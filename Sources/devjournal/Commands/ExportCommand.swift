import ArgumentParser
import Backup
import DurableFiles
import Glibc
import JournalFormat
import JournalStore
import Machines
import SystemPackage

struct ExportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Make one bundle for an auditor's laptop that has nothing of ours.",
        discussion: """
            The bundle holds the journal, a checkpoint signed now, root's fingerprint, the format's description, an \
            independent verifier in Python, and a README with the commands; where the journal succeeds another, that one's \
            lines too. Every signature is checked before anything \
            is written. OUT is a directory that is made, or with a name that ends in .tar an archive.

            Exit status: 0 exported · 1 damaged or forged: nothing is exported · 2 failed · 6 OUT is there already · \
            7 no journal · 64 usage
            """)

    @OptionGroup var options: ConfigurationOption
    @OptionGroup var output: JSONOption
    @Argument(help: "The directory or the .tar file to make.")
    var out: String

    func run() throws {
        let machine = try options.load()
        let target = FilePath(out)
        guard let name = target.lastComponent?.string else {
            throw Complaint("'\(out)' is not a name for a bundle", .usage)
        }
        if Account.asCaller({ pathExists(target) }) {
            throw Complaint("\(target) is there already", hint: "nothing is overwritten; give a new name", .refused)
        }
        let bundle = try AuditorBundle(machine)
        // Nothing has the final name before it is complete and on the disk.
        let unfinished = target.sibling(".\(name).\(getpid()).new")
        do {
            if name.hasSuffix(".tar") {
                try bundle.writeArchive(unfinished, top: String(name.dropLast(4)))
            } else {
                try bundle.writeDirectory(unfinished)
            }
            try Account.asCaller { try renameToNewName(unfinished, target) }
        } catch {
            Account.asCaller { AuditorBundle.remove(unfinished) }
            throw error
        }
        if output.json {
            Terminal.json([
                "path": .string(target.string), "records": .integer(bundle.records), "root": .string("\(bundle.root)"),
                "head": .string(bundle.head),
            ])
        } else {
            Terminal.say(
                "\(Plain.counted(bundle.records, "record")) exported; tell the auditor root's fingerprint in another way:"
            )
            Terminal.exact("\(bundle.root)")
        }
    }
}

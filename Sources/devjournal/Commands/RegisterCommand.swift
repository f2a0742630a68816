import ArgumentParser
import Artifacts
import Backup
import Machines
import SystemPackage

struct RegisterCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "register",
        abstract: "Take an artifact into the repository: hash against the sealed event, policy, place, record.",
        discussion: """
            register copies FILE into a new file, hashes and registers that copy, and removes FILE. On a file system \
            where files can share extents (Btrfs) the copy takes no room; elsewhere it does not begin a copy that \
            would use the reserve of the server's disk (RESERVE_BYTES). Registering the same artifact again changes \
            nothing, unless the server's copy is missing or damaged: then FILE replaces it, and the damaged one is \
            kept next to it.

            The label of a future month is refused for now: run it again when that month has come.

            Exit status: 0 registered, or there already · 1 not what was sealed · 2 failed: the disk, too little \
            space · 6 refused: policy, other content, withdrawn · 7 no such file · 11 later: the label's month has \
            not come, or FILE is still arriving; run it again then · 64 usage
            """)

    @OptionGroup var options: ConfigurationOption
    @OptionGroup var output: JSONOption
    @Argument(help: "The artifact, under the name that the specification gives it.")
    var file: String

    func run() throws {
        let machine = try options.load()
        let (name, entry) = try ArtifactRegistration(machine).run(fileNamed: FilePath(file))
        let target = machine.server.root.appending(name.localPath)
        if output.json { Terminal.json(entry.json) } else { Terminal.exact(target.string) }
    }
}

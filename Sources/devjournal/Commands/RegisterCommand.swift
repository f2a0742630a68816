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
            What is registered is a copy in a file of its own, made before it is hashed; then FILE is removed. Where \
            files can share their extents (Btrfs) it takes no room; elsewhere a copy that would eat the reserve of the \
            server's disk (RESERVE_BYTES) is not begun. Registering the same again changes nothing, unless the \
            server's copy is missing or damaged: then FILE takes its place, and the damaged one is kept next to it.

            A label of a month that the server has not reached is taken when that month has come.

            Exit status: 0 registered, or there already · 1 not what was sealed · 2 failed: the disk, too little space \
            · 6 refused: policy, other content, withdrawn · 7 no such file · 11 later: the label's month has not come, \
            or FILE is still arriving; run it again then · 64 usage
            """)

    @OptionGroup var options: ConfigurationOption
    @OptionGroup var output: JSONOption
    @Argument(help: "The artifact, under the name that the specification gives it.")
    var file: String

    func run() throws {
        let machine = try options.load()
        let source = FilePath(file)
        guard let name = source.lastComponent.flatMap({ ArtifactName($0.string) }),
            name.label.dataset == machine.dataset
        else {
            throw Complaint(
                "\(file) has no artifact's name", hint: "such as \(machine.dataset)@2026-01.full.send.zst.age",
                .usage)
        }
        let entry = try ArtifactRegistration(machine).run(name, from: source)
        let target = machine.server.root.appending(name.localPath)
        if output.json { Terminal.json(entry.json) } else { Terminal.exact(target.string) }
    }
}

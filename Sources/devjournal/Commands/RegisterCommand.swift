import ArgumentParser
import Backup
import SystemPackage

struct RegisterCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "register",
        abstract: "Take an artifact into the repository: hash against the sealed event, policy, place, record.",
        discussion: """
            The file is moved where it can be, copied otherwise; a copy that would eat the reserve of the server's disk \
            (RESERVE_BYTES) is not begun. Registering the same again changes nothing.

            Exit status: 0 registered, or there already · 1 not what was sealed · 2 failed: the disk, too little space · \
            6 refused: policy, other content · 7 no such file · 64 usage
            """)

    @OptionGroup var options: ConfigurationOption
    @OptionGroup var output: JSONOption
    @Argument(help: "The artifact, under the name that the specification gives it.")
    var file: String

    func run() throws {
        let configuration = try options.load()
        let source = FilePath(file)
        guard let name = source.lastComponent.flatMap({ ArtifactName($0.string) }),
            name.label.dataset == configuration.dataset
        else {
            throw Complaint(
                "\(file) has no artifact's name", hint: "such as \(configuration.dataset)@2026-01.full.send.zst.age",
                .usage)
        }
        let entry = try ArtifactRegistration(configuration).run(name, from: source, mustBeSealed: false)
        let target = configuration.server.root.appending(name.localPath)
        if output.json { Terminal.json(entry.json) } else { Terminal.exact(target.string) }
    }
}

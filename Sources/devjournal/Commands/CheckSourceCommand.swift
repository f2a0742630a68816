import ArgumentParser
import Artifacts
import Machines
import SystemPackage

struct CheckSourceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check-source",
        abstract: "Find what a snapshot or a send stream of a directory would lose or fail on.",
        discussion: """
            DecisionError with exit status 6: an active swap file, subvolumes and mount points inside unless ALLOW_NESTED \
            names them, paths of more than 3,900 bytes, a default ACL or the compression property on the directory \
            itself, which btrfs receive would pass on to every object. Warned of: inode flags that sending loses (+C, \
            +i, +a, +A, +S, +D, +d, verity). Prints what it allowed and warned of as a JSON object, for the data of \
            snapshot.taken.

            With --parent SNAPSHOT it checks only what an increment from that snapshot to this one would get wrong, \
            and refuses that with exit status 6, because a full artifact is needed: set-ID bits that would be lost, \
            and holes punched into files that would be sent as more zeros than the whole tree takes.
            """)

    @OptionGroup var options: ConfigurationOption
    @Argument(help: "The subvolume before a snapshot is taken, or a snapshot of it.", completion: .directory)
    var directory: String
    @Option(help: "The snapshot that an increment would start from.", completion: .directory)
    var parent: String?

    func run() async throws {
        let machine = try options.read()
        let top = FilePath(directory)
        if let parent { return try await IncrementExamination.check(top, since: FilePath(parent)) }
        let found = try SourceExamination(top, named: top, allowing: machine.allowedNested, machine.reporter)
        Terminal.json(found.data)
    }
}

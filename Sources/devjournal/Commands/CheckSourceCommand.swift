import ArgumentParser
import Backup
import JournalFormat
import SystemPackage
import TreeHash

struct CheckSourceCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check-source",
        abstract: "Look for what a snapshot or a send stream of a directory would lose or fail on.",
        discussion: """
            Refused with exit status 6: an active swap file, subvolumes and mount points inside unless ALLOW_NESTED \
            names them, paths of more than 3,900 bytes, a default ACL or the compression property on the directory \
            itself, which btrfs receive would hand on to every object. Warned of: inode flags that sending loses (+C, \
            +i, +a, +A, +S, +D, +d, verity). Prints what was allowed and warned of as a JSON object, for the data of \
            snapshot.taken.

            With --parent SNAPSHOT only what an increment from that snapshot to this one would get wrong is looked for, \
            and refused with exit status 6: a full artifact carries it.
            """)

    @OptionGroup var options: ConfigurationOption
    @Argument(help: "The subvolume that is to be snapshot, or a snapshot of it.", completion: .directory)
    var directory: String
    @Option(help: "The snapshot that an increment would start from.", completion: .directory)
    var parent: String?

    func run() throws {
        let configuration = try options.read()
        let top = FilePath(directory)
        if let parent { return try checkIncrement(top, since: FilePath(parent)) }
        Terminal.json(try SourceExamination(top, named: top, allowing: configuration.allowedNested).data)
    }

    private func checkIncrement(_ top: FilePath, since parent: FilePath) throws {
        let lost = try IncrementCheck(top, since: parent).lostSetIDs
        guard lost.count == 0 else {
            throw Complaint(
                "an increment to \(top) would lose the set-ID bits of what got another owner: "
                    + lost.first.joined(separator: ", ") + (lost.isWhole ? "" : ", …"),
                hint: "ws_dev_run_month.sh makes a full one of such a month by itself", .refused)
        }
    }
}

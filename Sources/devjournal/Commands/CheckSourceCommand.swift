import ArgumentParser
import Backup
import JournalFormat
import Machines
import Sealing
import SystemPackage
import TreeHash

struct CheckSourceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check-source",
        abstract: "Look for what a snapshot or a send stream of a directory would lose or fail on.",
        discussion: """
            Refused with exit status 6: an active swap file, subvolumes and mount points inside unless ALLOW_NESTED \
            names them, paths of more than 3,900 bytes, a default ACL or the compression property on the directory \
            itself, which btrfs receive would pass on to every object. Warned of: inode flags that sending loses (+C, \
            +i, +a, +A, +S, +D, +d, verity). Prints what was allowed and warned of as a JSON object, for the data of \
            snapshot.taken.

            With --parent SNAPSHOT it looks only for what an increment from that snapshot to this one would get wrong, \
            and refuses that with exit status 6, because a full artifact carries it: set-ID bits that would be lost, \
            and holes punched into files that would be sent as more zeros than the whole tree takes.
            """)

    @OptionGroup var options: ConfigurationOption
    @Argument(help: "The subvolume that is to be snapshot, or a snapshot of it.", completion: .directory)
    var directory: String
    @Option(help: "The snapshot that an increment would start from.", completion: .directory)
    var parent: String?

    func run() async throws {
        let machine = try options.read()
        let top = FilePath(directory)
        if let parent { return try await checkIncrement(top, since: FilePath(parent)) }
        Terminal.json(try SourceExamination(top, named: top, allowing: machine.allowedNested).data)
    }

    private func checkIncrement(_ top: FilePath, since parent: FilePath) async throws {
        let lost = try IncrementCheck(top, since: parent).lostSetIDs
        guard lost.count == 0 else {
            throw Complaint(
                "an increment to \(top) would lose the set-ID bits of what got another owner: "
                    + lost.first.joined(separator: ", ") + (lost.isWhole ? "" : ", …"),
                hint: "ws_dev_run_month.sh makes a full one of such a month by itself", .refused)
        }
        let survey = try await IncrementSurvey(
            of: ["btrfs", "-q", "send", "--no-data", "-p", parent.string, top.string], snapshot: top)
        guard survey.holeBytes > 0, try survey.bytes > TreeSize(top).streamBytes else { return }
        throw Complaint(
            "an increment to \(top) would be larger than the whole tree: "
                + "\(Terminal.bytes(Int(clamping: survey.holeBytes))) of it are zeros, for holes that were punched into files",
            hint: "seal it as a full one", .refused)
    }
}

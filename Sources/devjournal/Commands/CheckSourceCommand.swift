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
        let configuration = try options.load()
        let top = FilePath(directory)
        if let parent { return try checkIncrement(top, since: FilePath(parent)) }
        if let swap = try activeSwapFile(in: top) {
            throw Complaint(
                "the swap file \(swap) is in use: its subvolume cannot be snapshot",
                hint: "swapoff \(swap), or move it to a subvolume of its own outside \(top)", .refused)
        }
        let found = try SourceCheck(top)
        let refused = found.findings.filter { !configuration.allowedNested.contains(Array($0.path.relative)) }
        guard refused.isEmpty else {
            throw Complaint(
                "what is inside \(top) would be missing from the backup: "
                    + refused.map(\.text).joined(separator: ", "),
                hint:
                    "move it out, make it a plain directory, or allow its loss with ALLOW_NESTED=\(Self.names(refused))",
                .refused)
        }
        guard found.longPaths.count == 0 else {
            throw Complaint(
                "\(Plain.counted(found.longPaths.count, "path")) in \(top) "
                    + "\(found.longPaths.count == 1 ? "is" : "are") longer than \(SourceCheck.longestPath) bytes, "
                    + "the first begins with \(found.longPaths.first.map { String($0.prefix(80)) }.first ?? "")",
                hint: "btrfs send and receive fail on them: shorten or move them", .refused)
        }
        if let attribute = found.inherited.first {
            let remove =
                attribute == "btrfs.compression" ? "btrfs property set \(top) compression ''" : "setfacl -k \(top)"
            throw Complaint(
                "\(attribute) on \(top) itself would be restored on every object below it as well",
                hint: "\(remove) takes it off; a directory inside may have one", .refused)
        }
        if found.lostFlags.count > 0 {
            Terminal.warn(
                "a restore will lose the inode flags of \(found.lostFlags.count) objects: "
                    + found.lostFlags.first.joined(separator: ", ") + (found.lostFlags.isWhole ? "" : ", …"))
        }
        Terminal.json(Self.data(found))
    }

    private func checkIncrement(_ top: FilePath, since parent: FilePath) throws {
        let lost = try IncrementCheck(top, since: parent).lostSetIDs
        guard lost.count == 0 else {
            throw Complaint(
                "an increment to \(top) would lose the set-ID bits of what got another owner: "
                    + lost.first.joined(separator: ", ") + (lost.isWhole ? "" : ", …"),
                hint: "seal it as a full one", .refused)
        }
    }

    private static func data(_ found: SourceCheck) -> JSONObject {
        var data = JSONObject()
        if !found.findings.isEmpty { data["nested"] = .array(found.findings.map { .string($0.path.text) }) }
        if found.lostFlags.count > 0 {
            data["lost_flags"] = .object([
                "count": .integer(found.lostFlags.count), "first": .array(found.lostFlags.first.map { .string($0) }),
            ])
        }
        return data
    }

    private static func names(_ findings: [TreeFinding]) -> String {
        findings.map(\.path.text).joined(separator: ":")
    }
}

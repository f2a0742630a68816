import ArgumentParser
import JournalFormat
import SystemPackage
import TreeHash

struct CheckSourceCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check-source",
        abstract: "Look for what a snapshot or a send stream of a directory would lose or fail on.",
        discussion: """
            Refused with exit status 6: an active swap file, subvolumes and mount points inside unless ALLOW_NESTED \
            names them, paths of more than 3,900 bytes. Warned of: inode flags that sending loses (+C, +i, +a). Prints \
            what was allowed and warned of as a JSON object, for the data of snapshot.taken.
            """)

    @OptionGroup var options: ConfigurationOption
    @Argument(help: "The subvolume that is to be snapshot, or a snapshot of it.", completion: .directory)
    var directory: String

    func run() throws {
        let configuration = try options.load()
        let top = FilePath(directory)
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
                "\(found.longPaths.count) paths in \(top) are longer than \(SourceCheck.longestPath) bytes, "
                    + "the first begins with \(found.longPaths.first.map { String($0.prefix(80)) }.first ?? "")",
                hint: "btrfs send and receive fail on them: shorten or move them", .refused)
        }
        if found.lostFlags.count > 0 {
            Terminal.warn(
                "a restore will lose the inode flags of \(found.lostFlags.count) objects: "
                    + found.lostFlags.first.joined(separator: ", ") + (found.lostFlags.isWhole ? "" : ", …"))
        }
        Terminal.json(Self.data(found))
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

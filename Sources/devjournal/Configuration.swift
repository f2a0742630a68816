import ArgumentParser
import Backup
import DurableFiles
import Glibc
import JournalFormat
import SystemPackage

/// The settings of one data set: literal `KEY=value` lines, as scripts read them too. Nothing is executed.
struct Configuration {
    private(set) var dataset = "dev"
    private(set) var serverRoot: FilePath
    private(set) var code: FilePath = "/home/chuck/code"
    private(set) var snapshots: FilePath = "/home/chuck/.snapshots"
    private(set) var workstationState: FilePath
    private(set) var mirror: String?
    private(set) var updatesWorktree = true
    /// Whom this machine's artifacts are for, as age recipients; empty: whom the journal names.
    private(set) var recipients: [String] = []
    /// Subvolumes and mount points inside `code` that may be missing from the backup: paths below it.
    private(set) var allowedNested: Set<[UInt8]> = []

    static let defaultPath: FilePath = "/etc/devjournal/dev.conf"

    /// From the file that was named, or `$DEVJOURNAL_CONFIG`, or the default path, which may be missing.
    init(named path: String?) throws {
        let environment = unsafe getenv("DEVJOURNAL_CONFIG").map { unsafe String(cString: $0) }
        let named = (path ?? environment).flatMap { $0.isEmpty ? nil : $0 }
        let file = named.map { FilePath($0) } ?? Self.defaultPath
        var values: [String: String] = [:]
        if named != nil || pathExists(file) {
            values = try Self.parse(try readFile(file, limit: 1 << 16), file)
        }
        dataset = values["DATASET"] ?? dataset
        guard KeyEvent.isDataset(dataset) else {
            throw Complaint("\(file): DATASET=\(dataset) is no data set's name", hint: "use a-z, 0-9, - and _", .usage)
        }
        serverRoot = FilePath(values["LS_ROOT"] ?? "/srv/btrfs-backups/\(dataset)")
        workstationState = FilePath(values["WS_STATE"] ?? "/var/lib/devjournal/\(dataset)")
        if let path = values["CODE"] { code = FilePath(path) }
        if let path = values["SNAPSHOTS"] { snapshots = FilePath(path) }
        mirror = values["MIRROR"].flatMap { $0.isEmpty ? nil : $0 }
        recipients = (values["RECIPIENTS"] ?? "").split(separator: " ").map(String.init)
        allowedNested = Set((values["ALLOW_NESTED"] ?? "").split(separator: ":").map { Array($0.utf8) })
        switch values["WORKTREE"] ?? "on" {
        case "on": updatesWorktree = true
        case "off": updatesWorktree = false
        default: throw Complaint("\(file): WORKTREE must be on or off", .usage)
        }
        for path in [serverRoot, workstationState, code, snapshots] where !path.isAbsolute {
            throw Complaint("\(file): \(path) is not an absolute path", .usage)
        }
    }

    private static func parse(_ bytes: [UInt8], _ file: FilePath) throws -> [String: String] {
        var values: [String: String] = [:]
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
        for (number, line) in lines.enumerated() {
            let isBlank = line.allSatisfy { $0 == " " || $0 == "\t" }
            if isBlank || line.drop(while: { $0 == " " || $0 == "\t" }).hasPrefix("#") { continue }
            guard let equals = line.firstIndex(of: "=") else {
                throw Complaint("\(file), line \(number + 1): not KEY=value", .usage)
            }
            let value = String(line[line.index(after: equals)...])
            guard !value.contains(where: { "\"'`$\\".contains($0) }) else {
                throw Complaint(
                    "\(file), line \(number + 1): a value may hold no quotes, $, ` or \\",
                    hint: "values are literal: nothing is quoted or expanded", .usage)
            }
            values[String(line[..<equals])] = value
        }
        return values
    }

    var server: ServerTree { ServerTree(root: serverRoot, dataset: dataset) }

    /// `latest`, `2026-01` or `dev@2026-01`.
    func label(_ text: String, in state: @autoclosure () throws -> BackupState) throws -> Label {
        if text == "latest" {
            guard let latest = try state().latest else {
                throw Complaint(
                    "nothing is registered yet", hint: "ws_dev_run_month.sh makes the first backup", .notFound)
            }
            return latest
        }
        guard let label = Label(text) ?? Label(dataset: dataset, month: text), label.dataset == dataset else {
            throw Complaint("\(text) is no label", hint: "a label is latest, 2026-01 or \(dataset)@2026-01", .usage)
        }
        return label
    }
}

/// The option that every command takes.
struct ConfigurationOption: ParsableArguments {
    @Option(name: .long, help: "The configuration file (default: $DEVJOURNAL_CONFIG, else /etc/devjournal/dev.conf).")
    var config: String?

    func load() throws -> Configuration { try Configuration(named: config) }
}

/// The option of every command that reads.
struct JSONOption: ParsableArguments {
    @Flag(name: .long, help: "Print JSON, and errors as JSON too.")
    var json = false
}

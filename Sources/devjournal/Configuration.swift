import ArgumentParser
import Backup
import DurableFiles
import Glibc
import JournalFormat
import ObjectStore
import SystemPackage

/// The settings of one data set: literal `KEY=value` lines, as scripts read them too. Nothing is executed.
struct Configuration {
    /// Where it was read, as an absolute path; nil where there is none.
    private(set) var file: FilePath?
    private(set) var dataset = "dev"
    private(set) var serverRoot: FilePath
    private(set) var code: FilePath = "/home/chuck/code"
    private var namedSnapshots: FilePath?
    private(set) var workstationState: FilePath
    private(set) var mirror: String?
    private var s3 = S3Settings()
    private(set) var updatesWorktree = true
    /// Whether the server's working copy keeps set-user-ID bits, file capabilities and device nodes.
    private(set) var keepsPower = false
    /// Whether a workstation's restore waits for a person at the server to allow it.
    private(set) var confirmsReleases = false
    /// What artifacts and restores leave of the server's disk.
    private(set) var reserve = SpaceReserve.usual
    /// What a workstation's key may add in a day, by way of deliveries and ssh.
    private(set) var quota = AuthorQuota()
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
        var values = Values()
        if named != nil || pathExists(file) {
            self.file = Self.absolute(file)
            values = try Self.parse(try readFile(file, limit: 1 << 16), file)
        }
        dataset = values["DATASET"] ?? dataset
        guard KeyEvent.isDataset(dataset) else {
            throw Complaint("\(file): DATASET=\(dataset) is no data set's name", hint: "use a-z, 0-9, - and _", .usage)
        }
        serverRoot = FilePath(values["LS_ROOT"] ?? "/srv/btrfs-backups/\(dataset)")
        workstationState = FilePath(values["WS_STATE"] ?? "/var/lib/devjournal/\(dataset)")
        if let path = values["CODE"] { code = FilePath(path) }
        namedSnapshots = values["SNAPSHOTS"].flatMap { $0.isEmpty ? nil : FilePath($0) }
        mirror = values["MIRROR"].flatMap { $0.isEmpty ? nil : $0 }
        s3 = try Self.bucketSettings(values, file)
        recipients = (values["RECIPIENTS"] ?? "").split(separator: " ").map(String.init)
        allowedNested = Set((values["ALLOW_NESTED"] ?? "").split(separator: ":").map { Array($0.utf8) })
        if let text = values["RESERVE_BYTES"], !text.isEmpty {
            guard let bytes = Int(text), bytes >= 0 else {
                throw Complaint("\(file): RESERVE_BYTES=\(text) is no number of bytes", .usage)
            }
            reserve = .bytes(bytes)
        }
        quota = try Self.quota(values, file)
        switch values["WORKTREE"] ?? "on" {
        case "on": updatesWorktree = true
        case "off": updatesWorktree = false
        default: throw Complaint("\(file): WORKTREE must be on or off", .usage)
        }
        switch values["WORKTREE_SPECIAL"] ?? "strip" {
        case "strip": keepsPower = false
        case "keep": keepsPower = true
        default: throw Complaint("\(file): WORKTREE_SPECIAL must be strip or keep", .usage)
        }
        switch values["RELEASE"] ?? "auto" {
        case "auto": confirmsReleases = false
        case "confirm": confirmsReleases = true
        default: throw Complaint("\(file): RELEASE must be auto or confirm", .usage)
        }
        for path in [serverRoot, workstationState, code] + [namedSnapshots].compactMap(\.self) where !path.isAbsolute {
            throw Complaint("\(file): \(path) is not an absolute path", .usage)
        }
    }

    private static func absolute(_ file: FilePath) -> FilePath {
        guard !file.isAbsolute, let current = unsafe getcwd(nil, 0) else { return file }
        defer { unsafe free(current) }
        var path = unsafe FilePath(platformString: current)
        for component in file.components where component.kind != .currentDirectory { path.append(component) }
        return path
    }

    /// What the file says: so few lines that a table of them would cost more than looking at each.
    private struct Values {
        var all: [(key: String, value: String)] = []

        /// The last line counts.
        subscript(key: String) -> String? { all.last { $0.key == key }?.value }
    }

    private static func parse(_ bytes: [UInt8], _ file: FilePath) throws -> Values {
        var values = Values()
        var number = 0
        for line in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            number += 1
            let first = line.first { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\t") }
            if first == nil || first == UInt8(ascii: "#") { continue }
            guard let equals = line.firstIndex(of: UInt8(ascii: "=")) else {
                throw Complaint("\(file), line \(number): not KEY=value", .usage)
            }
            let value = line[(equals + 1)...]
            guard !value.contains(where: Self.isQuoting) else {
                throw Complaint(
                    "\(file), line \(number): a value may hold no quotes, $, ` or \\",
                    hint: "values are literal: nothing is quoted or expanded", .usage)
            }
            values.all.append(
                (String(decoding: line[..<equals], as: UTF8.self), String(decoding: value, as: UTF8.self)))
        }
        return values
    }

    private static func quota(_ values: Values, _ file: FilePath) throws -> AuthorQuota {
        var quota = AuthorQuota()
        func read(_ key: String, _ limit: WritableKeyPath<AuthorQuota, Int>) throws {
            guard let text = values[key], !text.isEmpty else { return }
            guard let number = Int(text), number >= 1 else {
                throw Complaint("\(file): \(key)=\(text) is no number from 1 on", .usage)
            }
            quota[keyPath: limit] = number
        }
        try read("AUTHOR_EVENTS_PER_DAY", \.events)
        try read("AUTHOR_BYTES_PER_DAY", \.bytes)
        try read("AUTHOR_ARTIFACTS_PER_DAY", \.artifacts)
        return quota
    }

    private static func bucketSettings(_ values: Values, _ file: FilePath) throws -> S3Settings {
        func text(_ key: String) -> String? { values[key].flatMap { $0.isEmpty ? nil : $0 } }
        var settings = S3Settings()
        let fromEnvironment = unsafe getenv("S3_ENDPOINT").map { unsafe String(cString: $0) }
        settings.endpoint = text("S3_ENDPOINT") ?? fromEnvironment.flatMap { $0.isEmpty ? nil : $0 }
        settings.region = text("S3_REGION")
        settings.style = text("S3_STYLE")
        settings.certificates = text("S3_CA_FILE").map { FilePath($0) }
        settings.credentials = text("S3_CREDENTIALS").map { FilePath($0) }
        func number(_ key: String, _ range: ClosedRange<Int64>, _ meaning: String) throws -> Int64? {
            guard let text = text(key) else { return nil }
            guard let number = Int64(text), range.contains(number) else {
                throw Complaint("\(file): \(key)=\(text) is no number of \(meaning)", .usage)
            }
            return number
        }
        settings.rateLimit = try number("S3_RATE_LIMIT", 1024...(.max), "bytes a second, from 1024 on")
        settings.timeout = Int(try number("S3_TIMEOUT", 1...3600, "seconds from 1 to 3600") ?? 60)
        settings.attempts = Int(try number("S3_ATTEMPTS", 1...100, "attempts from 1 to 100") ?? 10)
        settings.partSize = (try number("S3_PART_SIZE", 5...4995, "MiB from 5 to 4995") ?? 32) << 20
        return settings
    }

    private static func isQuoting(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "`"), UInt8(ascii: "$"), UInt8(ascii: "\\"): true
        default: false
        }
    }

    /// The store that a URL names; `newStore` makes it where it is missing.
    func store(_ url: String) throws(StoreError) -> any ObjectStore { try ObjectStores.open(url: url, s3: s3) }
    func newStore(_ url: String) throws(StoreError) -> any ObjectStore { try ObjectStores.create(url: url, s3: s3) }
    func examinedStore(_ url: String) throws(StoreError) -> any ExaminedStore {
        try ObjectStores.examine(url: url, s3: s3)
    }

    /// How many parts a file of that size goes up in.
    func partCount(_ bytes: Int) throws(StoreError) -> Int {
        try PartPlan(size: Int64(bytes), wanted: s3.partSize).count
    }

    /// Whatever else names one.
    mutating func useEndpoint(_ endpoint: S3Endpoint) { s3.onlyEndpoint = endpoint.description }

    /// Where root looks into another account's repository (`RepositoryView`).
    mutating func readServer(at root: FilePath) { serverRoot = root }

    /// The server's working copy.
    var keptCopies: KeptCopies {
        KeptCopies(
            code: code,
            places: [
                .init(path: server.received, keepsPower: keepsPower), .init(path: snapshots, keepsPower: true),
            ])
    }
    var workingCopy: WorkingCopy { WorkingCopy(code: code, snapshots: server.received, keepsPower: keepsPower) }

    /// The workstation's read-only snapshots: root's own.
    var snapshots: FilePath { namedSnapshots ?? SnapshotPlace.usual(code: code, dataset: dataset) }

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

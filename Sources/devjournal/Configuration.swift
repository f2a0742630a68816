import ArgumentParser
import Backup
import DurableFiles
import Glibc
import JournalFormat
import ObjectStore
import SystemPackage

/// The settings of one data set, for commands and for the scripts, which ask `devjournal config --shell`. `Setting.all` is
/// what there is to say.
struct Configuration {
    /// Every key, as it counts.
    private(set) var settings = SettingsText()
    /// Where it was read, as an absolute path; nil where there is none.
    private(set) var file: FilePath?
    private(set) var dataset: String
    private(set) var serverRoot: FilePath
    private(set) var code: FilePath
    private var namedSnapshots: FilePath?
    private(set) var workstationState: FilePath
    private(set) var mirror: String?
    private var s3: S3Settings
    private(set) var updatesWorktree: Bool
    /// Whether the server's working copy keeps set-user-ID bits, file capabilities and device nodes.
    private(set) var keepsPower: Bool
    /// Whether a workstation's restore waits for a person at the server to allow it.
    private(set) var confirmsReleases: Bool
    /// What artifacts and restores leave of the server's disk.
    private(set) var reserve: SpaceReserve
    /// What a workstation's key may add in a day, by way of deliveries and ssh.
    private(set) var quota = AuthorQuota()
    /// Whether a person vouches for this machine's clock, which nothing need synchronise then.
    private(set) var trustsClock: Bool
    /// Whom this machine's artifacts are for, as age recipients; empty: whom the journal names.
    private(set) var recipients: [String]
    /// Subvolumes and mount points inside `code` that may be missing from the backup: paths below it.
    private(set) var allowedNested: Set<[UInt8]>

    static let defaultPath: FilePath = "/etc/devjournal/dev.conf"

    /// From the file that was named, or `$DEVJOURNAL_CONFIG`, or the default path, which may be missing.
    ///
    /// - Parameter despiteErrors: whether lines that are wrong are left out in place of being refused.
    init(named path: String?, despiteErrors: Bool = false) throws {
        let environment = unsafe getenv("DEVJOURNAL_CONFIG").map { unsafe String(cString: $0) }
        let named = (path ?? environment).flatMap { $0.isEmpty ? nil : $0 }
        let file = named.map { FilePath($0) } ?? Self.defaultPath
        if named != nil || pathExists(file) {
            self.file = Self.absolute(file)
            settings = try Self.read(file, despiteErrors)
        }
        dataset = settings["DATASET"]
        serverRoot = FilePath(settings["LS_ROOT"])
        workstationState = FilePath(settings["WS_STATE"])
        code = FilePath(settings["CODE"])
        namedSnapshots = settings.text("SNAPSHOTS").map { FilePath($0) }
        mirror = settings.text("MIRROR")
        s3 = Self.bucketSettings(settings)
        recipients = settings["RECIPIENTS"].split(separator: " ").map(String.init)
        allowedNested = Set(settings["ALLOW_NESTED"].split(separator: ":").map { Array($0.utf8) })
        reserve = settings.number("RESERVE_BYTES").map { .bytes($0) } ?? .usual
        quota.events = settings.number("AUTHOR_EVENTS_PER_DAY") ?? quota.events
        quota.bytes = settings.number("AUTHOR_BYTES_PER_DAY") ?? quota.bytes
        quota.artifacts = settings.number("AUTHOR_ARTIFACTS_PER_DAY") ?? quota.artifacts
        updatesWorktree = settings["WORKTREE"] == "on"
        keepsPower = settings["WORKTREE_SPECIAL"] == "keep"
        confirmsReleases = settings["RELEASE"] == "confirm"
        trustsClock = settings["CLOCK"] == "trusted"
    }

    private static func read(_ file: FilePath, _ despiteErrors: Bool) throws -> SettingsText {
        // A pipe where somebody names one: init_LS.sh tries what it is going to write.
        let bytes = try readInput(file, limit: 1 << 16, Patience(silence: 5))
        if despiteErrors { return SettingsText(despiteErrors: bytes) }
        do { return try SettingsText(bytes) } catch {
            let hint = error.hint.map { $0.hasSuffix(" FILE") ? $0.dropLast(4) + file.string : $0 }
            throw Complaint("\(file), line \(error.line): \(error.message)", hint: hint, .usage)
        }
    }

    private static func absolute(_ file: FilePath) -> FilePath {
        guard !file.isAbsolute, let current = unsafe getcwd(nil, 0) else { return file }
        defer { unsafe free(current) }
        var path = unsafe FilePath(platformString: current)
        for component in file.components where component.kind != .currentDirectory { path.append(component) }
        return path
    }

    private static func bucketSettings(_ text: SettingsText) -> S3Settings {
        var settings = S3Settings()
        let fromEnvironment = unsafe getenv("S3_ENDPOINT").map { unsafe String(cString: $0) }
        settings.endpoint = text.text("S3_ENDPOINT") ?? fromEnvironment.flatMap { $0.isEmpty ? nil : $0 }
        settings.region = text.text("S3_REGION")
        settings.style = text.text("S3_STYLE")
        settings.certificates = text.text("S3_CA_FILE").map { FilePath($0) }
        settings.credentials = text.text("S3_CREDENTIALS").map { FilePath($0) }
        settings.rateLimit = text.number("S3_RATE_LIMIT").map { Int64($0) }
        settings.timeout = text.number("S3_TIMEOUT") ?? settings.timeout
        settings.attempts = text.number("S3_ATTEMPTS") ?? settings.attempts
        settings.partSize = text.number("S3_PART_SIZE").map { Int64($0) << 20 } ?? settings.partSize
        return settings
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

    /// A person has said that the clock is right.
    mutating func trustClock() { trustsClock = true }

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

    /// `2026-01` or `dev@2026-01`.
    func month(_ text: String) throws -> Label {
        guard let label = Label(text) ?? Label(dataset: dataset, month: text), label.dataset == dataset else {
            throw Complaint("\(text) is no label", hint: "a label is 2026-01 or \(dataset)@2026-01", .usage)
        }
        return label
    }

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

    @Option(
        name: .long,
        help: ArgumentHelp(
            """
            Give up after waiting so long for another process's lock, with exit status 15 (default: wait, but for no \
            other push, scrub or restore).
            """,
            valueName: "seconds"))
    var lockTimeout: Double?

    func validate() throws {
        // A script whose variable is empty must not get another data set's configuration.
        if config == "" { throw ValidationError("--config needs a file's name; leave it out for the default") }
        if let lockTimeout, !(0...1_000_000).contains(lockTimeout) {
            throw ValidationError("--lock-timeout takes seconds, from 0 on")
        }
    }

    /// For what is done in the server's repository: as the account that it belongs to.
    func load() throws -> Configuration {
        let configuration = try read()
        try Account.takeOn(configuration)
        return configuration
    }

    /// For what is a workstation's, or root's.
    func read() throws -> Configuration {
        LockWaiting(limit: lockTimeout).begin()
        return try Configuration(named: config)
    }
}

/// The option of every command that reads.
struct JSONOption: ParsableArguments {
    @Flag(name: .long, help: "Print JSON, and errors as JSON too.")
    var json = false
}

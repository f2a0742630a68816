package import Backup
import DurableFiles
import Glibc
import JournalFormat
package import ObjectStore
package import SystemPackage

/// The settings of one data set, as its configuration says them or as they are without one. `Setting.all` is what there is
/// to say.
package struct Configuration: Sendable {
    /// Every key, as it counts.
    package private(set) var settings = SettingsText()
    /// Where it was read, as an absolute path; nil where there is none.
    package private(set) var file: FilePath?
    package private(set) var dataset: String
    package private(set) var serverRoot: FilePath
    package private(set) var code: FilePath
    private var namedSnapshots: FilePath?
    package private(set) var workstationState: FilePath
    package private(set) var mirror: String?
    private(set) var s3: S3Settings
    /// Seconds between two commits of the journal to the mirror, where it grows all the time.
    package private(set) var pushInterval: Int
    package private(set) var updatesWorktree: Bool
    /// Whether the server's working copy keeps set-user-ID bits, file capabilities and device nodes.
    package private(set) var keepsPower: Bool
    /// Whether a workstation's restore waits for a person at the server to allow it.
    package private(set) var confirmsReleases: Bool
    /// What artifacts and restores leave of the server's disk.
    package private(set) var reserve: SpaceReserve
    /// What a workstation's key may add in a day, by way of deliveries and ssh.
    package private(set) var quota = AuthorQuota()
    /// Whether a person vouches for this machine's clock, which nothing need synchronise then.
    package private(set) var trustsClock: Bool
    /// Whom this machine's artifacts are for, as age recipients; empty: whom the journal names.
    package private(set) var recipients: [String]
    /// Subvolumes and mount points inside `code` that may be missing from the backup: paths below it.
    package private(set) var allowedNested: Set<[UInt8]>

    package static let defaultPath: FilePath = "/etc/devjournal/dev.conf"

    /// From the file that was named, or `$DEVJOURNAL_CONFIG`, or the default path, which may be missing.
    ///
    /// - Parameter despiteErrors: whether lines that are wrong are left out in place of being refused.
    package init(named path: String?, despiteErrors: Bool = false) throws {
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
        pushInterval = settings.number("PUSH_INTERVAL") ?? 30
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
            throw MachineError.configuration("\(file), line \(error.line): \(error.message)", hint: hint)
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

    /// A person has said that the clock is right.
    package mutating func trustClock() { trustsClock = true }

    /// Whatever else names one.
    package mutating func useEndpoint(_ endpoint: S3Endpoint) { s3.onlyEndpoint = endpoint.description }

    /// The data set that a recovery kit is of, where nobody has written a configuration.
    package mutating func useDataset(_ name: String) { dataset = name }

    /// Where root looks into another account's repository (`RepositoryView`).
    package mutating func readServer(at root: FilePath) { serverRoot = root }

    /// The workstation's read-only snapshots: root's own.
    package var snapshots: FilePath { namedSnapshots ?? SnapshotPlace.usual(code: code, dataset: dataset) }
}

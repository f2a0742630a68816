import CLinux
import DurableFiles
import Glibc
import JournalStore
import SystemPackage

/// Who this process works as on a server, whose repository may be an account's own. Root becomes that account before it
/// touches anything there: what it writes stays that account's, and no link that the account could put there leads root
/// anywhere. What a person names on the command line, a kit, a passphrase's file, the place of an export, is reached as who
/// called, and is theirs.
enum Account {
    /// Takes on the account that the repository belongs to; refused to other users. Where there is no repository, nothing
    /// is taken on: a workstation, or a server to be.
    static func takeOn(_ configuration: Configuration) throws {
        let server = configuration.server
        guard let status = try status(of: server, configuration) else { return }
        let owner = status.userID.rawValue
        guard owner != geteuid() else { return }
        guard isRoot else { throw refusal("\(server.root) belongs to \(name(owner))", configuration) }
        guard clinux_become(owner, status.groupID.rawValue) == 0 else {
            throw Complaint("root cannot become \(name(owner)), whose \(server.root) is", .failed)
        }
    }

    /// Of the journal's directory; of that of the keys, or else of what passes through, where the journal is lost.
    private static func status(of server: ServerTree, _ configuration: Configuration) throws -> Stat? {
        for place in [server.journal.path, server.keys, server.temporary] {
            do { return try place.stat(followTargetSymlink: false) } catch {
                guard error == .permissionDenied else { continue }
                throw refusal("\(server.root) is closed to \(name(geteuid()))", configuration)
            }
        }
        return nil
    }

    private static func refusal(_ what: String, _ configuration: Configuration) -> Complaint {
        Complaint(what, hint: sudo(configuration.file), .failed)
    }

    /// Runs what reaches a file that a person named. No other thread may be at work in the repository meanwhile.
    static func asCaller<Value: ~Copyable>(_ body: () throws -> Value) rethrows -> Value {
        guard clinux_has_become() == 1, !isRoot else { return try body() }
        clinux_be_root(1)
        defer { clinux_be_root(0) }
        return try body()
    }

    /// A file that a person named.
    static func given(_ path: FilePath, limit: Int) throws -> [UInt8] {
        try asCaller { try readInput(path, limit: limit) }
    }

    /// Whose files a person's are: those of the user that called sudo too.
    static var person: UInt32 {
        guard isRoot else { return geteuid() }
        return unsafe getenv("SUDO_UID").flatMap { unsafe UInt32(String(cString: $0)) } ?? 0
    }

    /// Who sits there: the user that sudo was called from, else the one that runs this.
    static var login: String? {
        unsafe getenv("SUDO_USER").map { unsafe String(cString: $0) }
            ?? name(clinux_has_become() == 1 ? 0 : geteuid())
    }

    /// What helps where a file is closed to this process; nil where nothing is known.
    static var hint: String? {
        if clinux_has_become() == 1, !isRoot {
            return "it is done as \(name(geteuid())) here: name a place that this user may use"
        }
        return isRoot ? nil : sudo(nil)
    }

    /// The same command again, as root. sudo takes no environment along.
    private static func sudo(_ file: FilePath?) -> String {
        var words = ["sudo", "devjournal"] + CommandLine.arguments.dropFirst()
        let inEnvironment = unsafe getenv("DEVJOURNAL_CONFIG").map { unsafe String(cString: $0) }
        let file = file?.string ?? inEnvironment ?? ""
        let isNamed = words.contains { $0 == "--config" || $0.hasPrefix("--config=") }
        if !isNamed, !file.isEmpty, file != Configuration.defaultPath.string {
            let place = words.firstIndex(of: "--") ?? words.endIndex
            words.insert(contentsOf: ["--config", file], at: place)
        }
        return words.map(quoted).joined(separator: " ")
    }

    /// As a shell takes it.
    private static func quoted(_ word: String) -> String {
        let isPlain = { (byte: UInt8) in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default: "@%+=:,./_-".utf8.contains(byte)
            }
        }
        if !word.isEmpty, word.utf8.allSatisfy(isPlain) { return word }
        return "'" + word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: #"'\''"#) + "'"
    }

    private static func name(_ user: UInt32) -> String {
        guard let entry = unsafe getpwuid(user), let name = unsafe entry.pointee.pw_name else { return "user \(user)" }
        return unsafe String(cString: name)
    }
}

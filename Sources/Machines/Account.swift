import CLinux
import DurableFiles
import Glibc
import JournalStore
package import SystemPackage

/// Who this process works as on a server, whose repository may be an account's own. Root becomes that account before it
/// touches anything there: what it writes stays that account's, and no link that the account could put there leads root
/// anywhere. What a person names on the command line, a kit, a passphrase's file, the place of an export, is reached as who
/// called, and is theirs.
package enum Account {
    /// Takes on the account that the repository belongs to; refused to other users. Where there is no repository, nothing
    /// is taken on: a workstation, or a server to be.
    package static func takeOn(_ machine: Machine) throws {
        let server = machine.server
        guard let status = try status(of: server, machine) else { return }
        let owner = status.userID.rawValue
        guard owner != geteuid() else { return }
        guard isRoot else { throw refusal("\(server.root) belongs to \(name(owner))", machine) }
        guard clinux_become(owner, status.groupID.rawValue) == 0 else {
            throw MachineError.cannotBecome(name(owner), owning: server.root)
        }
    }

    /// Of the journal's directory; of that of the keys, or else of what passes through, where the journal is lost.
    private static func status(of server: ServerTree, _ machine: Machine) throws -> Stat? {
        func look(at place: FilePath) throws -> Stat? {
            do { return try place.stat(followTargetSymlink: false) } catch {
                guard error == .permissionDenied else { return nil }
                throw refusal("\(server.root) is closed to \(name(geteuid()))", machine)
            }
        }
        // One after the other, not as a list: this comes first in every command, and each generic type costs it time.
        if let found = try look(at: server.journal.path) { return found }
        if let found = try look(at: server.keys) { return found }
        return try look(at: server.temporary)
    }

    private static func refusal(_ what: String, _ machine: Machine) -> MachineError {
        .repositoryOfOthers(what, command: sudo(machine.configuration.file))
    }

    /// Runs what reaches a file that a person named. No other thread may be at work in the repository meanwhile.
    package static func asCaller<Value: ~Copyable>(_ body: () throws -> Value) rethrows -> Value {
        guard clinux_has_become() == 1, !isRoot else { return try body() }
        clinux_be_root(1)
        defer { clinux_be_root(0) }
        return try body()
    }

    /// A file that a person named.
    package static func given(_ path: FilePath, limit: Int) throws -> [UInt8] {
        try asCaller { try readInput(path, limit: limit) }
    }

    /// Whose files a person's are: those of the user that called sudo too.
    package static var person: UInt32 {
        guard isRoot else { return geteuid() }
        return unsafe getenv("SUDO_UID").flatMap { unsafe UInt32(String(cString: $0)) } ?? 0
    }

    /// Who sits there: the user that sudo was called from, else the one that runs this.
    package static var login: String? {
        unsafe getenv("SUDO_USER").map { unsafe String(cString: $0) }
            ?? name(clinux_has_become() == 1 ? 0 : geteuid())
    }

    /// What helps where a file is closed to this process; nil where nothing is known.
    package static var hint: String? {
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
        return words.map(shellWord).joined(separator: " ")
    }

    private static func name(_ user: UInt32) -> String {
        guard let entry = unsafe getpwuid(user), let name = unsafe entry.pointee.pw_name else { return "user \(user)" }
        return unsafe String(cString: name)
    }
}

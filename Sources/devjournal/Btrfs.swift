import DurableFiles
import Glibc
import Sealing
import Subprocess
import SystemPackage

/// The few commands of btrfs-progs that a restore needs.
enum Btrfs {
    /// What `btrfs subvolume show` says of a subvolume.
    struct Subvolume {
        let uuid: String
        /// Nil for one that was not received.
        let receivedUUID: String?
        let parentUUID: String?
        let isReadOnly: Bool
        /// Whether nothing was written to it since it was made.
        let isUntouched: Bool
    }

    /// Nil where the path is not a subvolume.
    static func show(_ path: FilePath) async throws -> Subvolume? {
        guard pathExists(path) else { return nil }
        let result = try await Subprocess.run(
            .name("btrfs"), arguments: ["subvolume", "show", path.string], output: .string(limit: 1 << 20),
            error: .discarded)
        guard case .exited(0) = result.terminationStatus else { return nil }
        let text = result.standardOutput
        var fields: [String: String] = [:]
        for line in text.split(separator: "\n") {
            guard let colon = line.firstIndex(of: ":") else { continue }
            let key = line[..<colon].drop { $0 == "\t" || $0 == " " }
            let value = line[line.index(after: colon)...].drop { $0 == "\t" || $0 == " " }
            if fields[String(key)] == nil { fields[String(key)] = String(value) }
        }
        func uuid(_ key: String) -> String? { fields[key].flatMap { $0 == "-" ? nil : $0 } }
        guard let own = uuid("UUID") else { return nil }
        return Subvolume(
            uuid: own, receivedUUID: uuid("Received UUID"), parentUUID: uuid("Parent UUID"),
            isReadOnly: fields["Flags"]?.hasPrefix("readonly") ?? false,
            isUntouched: fields["Generation"] != nil && fields["Generation"] == fields["Gen at creation"])
    }

    /// `btrfs subvolume snapshot`: cheap, and a read-only one keeps the received UUID.
    static func snapshot(_ source: FilePath, to target: FilePath, readOnly: Bool) async throws {
        try await run(["subvolume", "snapshot"] + (readOnly ? ["-r"] : []) + [source.string, target.string])
    }

    static func delete(_ path: FilePath) async throws {
        try await run(["subvolume", "delete", "--commit-after", path.string])
    }

    /// A directory with all that is in it, unfinished subvolumes included.
    static func remove(_ path: FilePath) async throws {
        try await run("rm", ["-rf", "--", path.string], hint: nil)
    }

    private static func run(_ arguments: [String]) async throws {
        try await run("btrfs", ["-q"] + arguments, hint: "apt-get install btrfs-progs")
    }

    private static func run(_ program: String, _ arguments: [String], hint: String?) async throws {
        let result: ExecutionResult<Void, StringOutput<UTF8>, StringOutput<UTF8>>
        do {
            result = try await Subprocess.run(
                .name(program), arguments: Arguments(arguments), output: .string(limit: 1 << 16),
                error: .string(limit: 1 << 16))
        } catch {
            throw Complaint("\(program) could not be started", hint: hint, .failed)
        }
        guard case .exited(0) = result.terminationStatus else {
            let said = result.standardError.split(separator: "\n").last.map(String.init) ?? "no message"
            throw Complaint("\(program) \(arguments.joined(separator: " ")) failed: \(said)", .failed)
        }
    }
}

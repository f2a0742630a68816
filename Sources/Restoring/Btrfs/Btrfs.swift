import DurableFiles
package import Machines
package import SystemPackage

/// The few commands of btrfs-progs that a restore needs.
package struct Btrfs: Sendable {
    /// What `btrfs subvolume show` says of a subvolume.
    package struct Subvolume: Sendable, Equatable {
        package let uuid: String
        /// Nil for one that was not received.
        package let receivedUUID: String?
        package let parentUUID: String?
        package let isReadOnly: Bool
        /// Whether nothing was written to it since it was made.
        package let isUntouched: Bool

        package init(
            uuid: String, receivedUUID: String?, parentUUID: String?, isReadOnly: Bool, isUntouched: Bool
        ) {
            self.uuid = uuid
            self.receivedUUID = receivedUUID
            self.parentUUID = parentUUID
            self.isReadOnly = isReadOnly
            self.isUntouched = isUntouched
        }

        /// Whether send streams name it by that UUID.
        package func isNamed(_ uuid: String) -> Bool { receivedUUID == uuid || self.uuid == uuid }
    }

    private let programs: any ProgramRunner

    package init(_ programs: any ProgramRunner) {
        self.programs = programs
    }

    /// Nil where the path is not a subvolume.
    package func show(_ path: FilePath) async throws -> Subvolume? {
        guard pathExists(path) else { return nil }
        let shown = try await output("btrfs", ["subvolume", "show", path.string], limit: 1 << 20)
        return shown.isSuccess ? Subvolume(shown: shown.output) : nil
    }

    /// `btrfs subvolume snapshot`: cheap, and a read-only one keeps the received UUID.
    package func snapshot(_ source: FilePath, to target: FilePath, readOnly: Bool) async throws {
        try await run(
            "btrfs",
            ["-q", "subvolume", "snapshot"] + (readOnly ? ["-r"] : []) + [source.string, target.string])
    }

    package func delete(_ path: FilePath) async throws {
        try await run("btrfs", ["-q", "subvolume", "delete", "--commit-after", path.string])
    }

    /// A directory with all that is in it, unfinished subvolumes included.
    package func remove(_ path: FilePath) async throws {
        try await run("rm", ["-rf", "--", path.string])
    }

    private func run(_ program: String, _ arguments: [String]) async throws {
        let ended = try await output(program, arguments, limit: 1 << 16)
        guard ended.isSuccess else {
            let said = ended.errors.split(separator: "\n").last.map(String.init) ?? "no message"
            throw BtrfsError.failed("\(program) \(arguments.joined(separator: " "))", said: said)
        }
    }

    private func output(
        _ program: String, _ arguments: [String], limit: Int
    ) async throws(BtrfsError) -> ProgramOutput {
        do {
            return try await programs.run(program, arguments, limit: limit)
        } catch {
            throw BtrfsError.notStarted(program)
        }
    }
}

extension Btrfs.Subvolume {
    /// - Parameter text: what `btrfs subvolume show` prints; nil where that names no UUID.
    init?(shown text: String) {
        var fields: [String: String] = [:]
        for line in text.split(separator: "\n") {
            guard let colon = line.firstIndex(of: ":") else { continue }
            let key = line[..<colon].drop { $0 == "\t" || $0 == " " }
            let value = line[line.index(after: colon)...].drop { $0 == "\t" || $0 == " " }
            if fields[String(key)] == nil { fields[String(key)] = String(value) }
        }
        func uuid(_ key: String) -> String? { fields[key].flatMap { $0 == "-" ? nil : $0 } }
        guard let own = uuid("UUID") else { return nil }
        self.init(
            uuid: own, receivedUUID: uuid("Received UUID"), parentUUID: uuid("Parent UUID"),
            isReadOnly: fields["Flags"]?.hasPrefix("readonly") ?? false,
            isUntouched: fields["Generation"] != nil && fields["Generation"] == fields["Gen at creation"])
    }
}

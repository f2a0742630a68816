import Backup
import Glibc
import JournalFormat
import Subprocess
import SystemPackage

/// How the part of a restore that needs root is done: here, when this process is root's, or by the one program that the
/// server's user may run as root. That program takes a data set and one of few verbs, and reads its paths from root's
/// own configuration.
struct RootAccess {
    static let helper = "/usr/local/libexec/devjournal-root"

    private let configuration: Configuration
    private let isRoot = geteuid() == 0

    init(_ configuration: Configuration) {
        self.configuration = configuration
    }

    private var snapshots: SnapshotDirectory { configuration.server.snapshots }

    var receiveCommand: [String] { isRoot ? snapshots.receiveCommand : helperCommand("receive") }

    func subvolume(_ label: Label) async throws -> Btrfs.Subvolume? {
        guard !isRoot else { return try await snapshots.subvolume(label) }
        guard case .object(let object) = try await ask("subvolume", label.description) else { return nil }
        return Btrfs.Subvolume(object)
    }

    func accept(_ label: Label, uuid: String, tree: String?) async throws -> Btrfs.Subvolume {
        guard !isRoot else { return try await snapshots.accept(label, uuid: uuid, tree: tree) }
        let answer = try await ask("accept", label.description, uuid, tree ?? "-")
        guard let received = answer.object.flatMap({ Btrfs.Subvolume($0) }) else { throw Self.unclear }
        return received
    }

    /// Complains where what was received earlier is no longer the tree that was sealed.
    func compare(_ label: Label, with tree: String) async throws {
        guard !isRoot else { return try await snapshots.compare(label, with: tree) }
        _ = try await ask("compare", label.description, tree)
    }

    func clear() async throws {
        guard !isRoot else { return try await snapshots.clear() }
        _ = try await ask("clear")
    }

    /// Gives the received snapshot of a withdrawn label another name, which is returned.
    func withdraw(_ label: Label) async throws -> String {
        guard !isRoot else { return try await snapshots.withdraw(label) }
        guard let name = try await ask("withdraw", label.description).string else { throw Self.unclear }
        return name
    }

    /// Makes the working copy one of that received snapshot.
    func follow(_ label: Label) async throws -> WorkingCopy.Outcome {
        guard !isRoot else {
            return try await configuration.workingCopy.derive(from: snapshots.path(of: label), label)
        }
        guard let outcome = try await ask("follow", label.description).object.flatMap({ WorkingCopy.Outcome($0) })
        else {
            throw Self.unclear
        }
        return outcome
    }

    private static var unclear: Complaint { Complaint("\(helper) gave no clear answer", .failed) }

    private func helperCommand(_ verb: String, _ arguments: [String] = []) -> [String] {
        ["sudo", "-n", "--", Self.helper, configuration.dataset, verb] + arguments
    }

    /// Runs the helper, which prints one JSON value. What it complains of is on our standard error already.
    private func ask(_ verb: String, _ arguments: String...) async throws -> JSONValue {
        let command = helperCommand(verb, arguments)
        let result: ExecutionResult<Void, StringOutput<UTF8>, FileDescriptorOutput>
        do {
            result = try await Subprocess.run(
                .name(command[0]), arguments: Arguments(Array(command.dropFirst())), output: .string(limit: 1 << 16),
                error: .currentStandardError)
        } catch {
            throw Complaint("sudo could not be started", hint: "apt-get install sudo, or run it as root", .failed)
        }
        guard case .exited(let status) = result.terminationStatus else {
            throw Complaint("\(Self.helper) \(verb) was killed", .failed)
        }
        // That is also what sudo exits with; the verbs that mean it come when others have worked.
        if status == 1, verb != "accept", verb != "compare" {
            throw Complaint(
                "\(Self.helper) could not be run as root", hint: "init_LS.sh allows it to this user", .failed)
        }
        guard status == 0 else { throw SaidElsewhere(status: status) }
        guard let value = try? JSONValue(parsing: Array(result.standardOutput.utf8.prefix { $0 != 10 })) else {
            throw Self.unclear
        }
        return value
    }

}

extension Btrfs.Subvolume {
    var json: JSONObject {
        func text(_ uuid: String?) -> JSONValue { uuid.map { .string($0) } ?? .null }
        return [
            "uuid": .string(uuid), "received_uuid": text(receivedUUID), "parent_uuid": text(parentUUID),
            "read_only": .bool(isReadOnly), "untouched": .bool(isUntouched),
        ]
    }

    init?(_ object: JSONObject) {
        guard let uuid = object["uuid"]?.string, case .bool(let isReadOnly)? = object["read_only"],
            case .bool(let isUntouched)? = object["untouched"]
        else { return nil }
        self.init(
            uuid: uuid, receivedUUID: object["received_uuid"]?.string, parentUUID: object["parent_uuid"]?.string,
            isReadOnly: isReadOnly, isUntouched: isUntouched)
    }
}

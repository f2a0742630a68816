import Backup
import DurableFiles
import Glibc
import JournalFormat

/// How the part of a restore that needs root is done: here, when this process is root's, or by the one program that the
/// server's user may run as root. That program takes a data set, few verbs and a label with each, and reads its paths from
/// root's own configuration.
struct RootAccess {
    static let helper = "/usr/local/libexec/devjournal-root"

    private let configuration: Configuration
    private let isRoot = geteuid() == 0
    private let session: HelperSession

    init(_ configuration: Configuration) {
        self.configuration = configuration
        session = HelperSession(Self.helper, configuration.dataset)
    }

    private var steps: PrivilegedRestore { PrivilegedRestore(configuration) }

    func subvolume(_ label: Label) async throws -> Btrfs.Subvolume? {
        guard !isRoot else { return try await steps.subvolume(label) }
        guard case .object(let object) = try await ask("subvolume", label.description) else { return nil }
        return Btrfs.Subvolume(object)
    }

    /// - Parameter progress: told how many bytes of the artifact were opened.
    func receive(_ label: Label, progress: @escaping @Sendable (UInt64) -> Void) async throws -> Btrfs.Subvolume {
        guard !isRoot else { return try await steps.receive(label, progress: progress) }
        let answer = try await ask("receive", label.description, progress: progress)
        guard let received = answer.object.flatMap({ Btrfs.Subvolume($0) }) else { throw Self.unclear }
        return received
    }

    func compare(_ label: Label) async throws {
        guard !isRoot else { return try await steps.compare(label) }
        _ = try await ask("compare", label.description)
    }

    func clear() async throws {
        guard !isRoot else { return try await steps.clear() }
        _ = try await ask("clear")
    }

    /// Complains where the working copy cannot be exchanged for another.
    func requirePlace() async throws {
        guard !isRoot else { return try steps.requirePlace() }
        _ = try await ask("place")
    }

    /// Gives the received snapshot of a withdrawn label another name, which is returned.
    func withdraw(_ label: Label) async throws -> String {
        guard !isRoot else { return try await steps.withdraw(label) }
        guard let name = try await ask("withdraw", label.description).string else { throw Self.unclear }
        return name
    }

    /// Makes the working copy one of that received snapshot.
    func follow(_ label: Label) async throws -> WorkingCopy.Outcome {
        guard !isRoot else { return try await steps.follow(label) }
        guard let outcome = try await ask("follow", label.description).object.flatMap({ WorkingCopy.Outcome($0) })
        else {
            throw Self.unclear
        }
        return outcome
    }

    private static var unclear: Complaint { Complaint("\(helper) gave no clear answer", .failed) }

    private func ask(
        _ verb: String, _ arguments: String..., progress: @escaping @Sendable (UInt64) -> Void = { _ in }
    ) async throws -> JSONValue {
        try await session.ask([verb] + arguments, progress)
    }

    /// Lets the helper end. It ends by itself where this process does.
    func end() async { await session.end() }
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

import Backup
import DurableFiles
import Glibc
import JournalFormat
import Machines
import Subprocess
import Synchronization
import SystemPackage
import Threads

/// How the part of a restore that needs root is done: here, when this process is root's, or by the one program that the
/// server's user may run as root. That program takes a data set, one of few verbs and a label, and reads its paths from
/// root's own configuration.
struct RootAccess {
    static let helper = "/usr/local/libexec/devjournal-root"

    private let machine: Machine
    private let isRoot = geteuid() == 0

    init(_ machine: Machine) {
        self.machine = machine
    }

    private var steps: PrivilegedRestore { PrivilegedRestore(machine) }

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

    /// Runs the helper, which prints lines of JSON: how far it is, then its answer. What it complains of is on our
    /// standard error already. It ends when nobody reads what it prints.
    private func ask(
        _ verb: String, _ arguments: String..., progress: @escaping @Sendable (UInt64) -> Void = { _ in }
    ) async throws -> JSONValue {
        let words = ["-n", "--", Self.helper, machine.dataset, verb] + arguments
        let (readEnd, writeEnd) = try attempt("make", "a pipe") { try FileDescriptor.pipe(options: .closeOnExec) }
        let status: TerminationStatus
        let answer: JSONValue?
        do {
            let result = try await Subprocess.run(
                .name("sudo"), arguments: Arguments(words), input: .none,
                output: .fileDescriptor(writeEnd, closeAfterSpawningProcess: true), error: .currentStandardError
            ) { _ in
                await HelperAnswer.read(from: readEnd, progress)
            }
            (status, answer) = (result.terminationStatus, result.closureResult)
        } catch {
            try? readEnd.close()
            throw Complaint("sudo could not be started", hint: "apt-get install sudo, or run it as root", .failed)
        }
        try Task.checkCancellation()
        guard case .exited(let code) = status else { throw Complaint("\(Self.helper) \(verb) was killed", .failed) }
        // That is also what sudo exits with; the verbs that mean it come when others have worked.
        if code == 1, verb != "receive", verb != "compare" {
            throw Complaint(
                "\(Self.helper) could not be run as root", hint: "init_LS.sh allows it to this user", .failed)
        }
        guard code == 0 else { throw SaidElsewhere(status: code) }
        guard let answer else { throw Self.unclear }
        return answer
    }
}

/// What the root helper prints: `{"opened":BYTES}` now and then, and last its answer.
enum HelperAnswer {
    private static let lineAtMost = 1 << 16

    static func progress(_ bytes: UInt64) -> JSONObject { ["opened": .integer(Int(bytes))] }

    /// Reads to the end, or until the task is cancelled, and closes the descriptor: the helper sees that.
    static func read(
        from input: FileDescriptor, _ progress: @escaping @Sendable (UInt64) -> Void
    ) async -> JSONValue? {
        let isWanted = Mutex(true)
        return await withTaskCancellationHandler {
            await onOwnThread { lastLine(of: input, progress) { isWanted.withLock { $0 } } }
        } onCancel: {
            isWanted.withLock { $0 = false }
        }
    }

    private static func lastLine(
        of input: FileDescriptor, _ progress: (UInt64) -> Void, while isWanted: () -> Bool
    ) -> JSONValue? {
        defer { try? input.close() }
        var (answer, line): (JSONValue?, [UInt8]) = (nil, [])
        var buffer = [UInt8](repeating: 0, count: 1 << 12)
        while isWanted() {
            var ready = pollfd(fd: input.rawValue, events: Int16(POLLIN), revents: 0)
            if unsafe poll(&ready, 1, 200) == 0 { continue }
            guard let count = try? unsafe buffer.withUnsafeMutableBytes({ try unsafe input.read(into: $0) }), count > 0
            else { return answer }
            for byte in buffer[..<count] {
                if byte != UInt8(ascii: "\n") {
                    line.append(byte)
                    if line.count > lineAtMost { return nil }
                    continue
                }
                answer = try? JSONValue(parsing: line)
                line = []
                if let bytes = answer?.object?["opened"]?.integer { progress(UInt64(clamping: bytes)) }
            }
        }
        return nil
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

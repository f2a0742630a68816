import ArgumentParser
import CLinux
import Dispatch
import DurableFiles
import Glibc
import Machines

@main
struct Devjournal: ParsableCommand {
    static let version = "0.1.0"

    static let configuration = CommandConfiguration(
        commandName: "devjournal",
        abstract: "An append-only, signed journal of backups, and the backups themselves.",
        discussion: ExitStatus.help,
        version: version,
        groupedSubcommands: [
            CommandGroup(
                name: "Journal",
                subcommands: [
                    InitCommand.self, AppendCommand.self, LogCommand.self, ShowCommand.self, VerifyCommand.self,
                    CheckpointCommand.self, ProveCommand.self, WitnessCommand.self, RebuildCommand.self,
                    RepairCommand.self, IdCommand.self, AuditCommand.self, ExportCommand.self, ImportCommand.self,
                ]),
            CommandGroup(
                name: "Projections",
                subcommands: [
                    ManifestCommand.self, StateCommand.self, LatestCommand.self, LabelCommand.self, PlanCommand.self,
                    NextCommand.self,
                ]),
            CommandGroup(
                name: "Artifacts",
                subcommands: [
                    SealCommand.self, OpenCommand.self, RegisterCommand.self, RestoreCommand.self, ScrubCommand.self,
                    WithdrawCommand.self, SetAsideCommand.self,
                    TreeCommand.self, CopiesCommand.self, CheckSourceCommand.self, CheckClockCommand.self,
                    SnapshotCommand.self, CheckSnapshotCommand.self, PlacesCommand.self,
                ]),
            CommandGroup(
                name: "Files",
                subcommands: [
                    LsCommand.self, FindCommand.self, HistoryCommand.self, DiffCommand.self, CatCommand.self,
                    ExtractCommand.self, CatalogueCommand.self,
                ]),
            CommandGroup(
                name: "Two machines",
                subcommands: [
                    MonthCommand.self,
                    DeliverCommand.self, OutboxCommand.self, ReplicaCommand.self, RequestCommand.self,
                    ServeCommand.self, SendCommand.self, ReleaseCommand.self,
                    RootHelperCommand.self, ReceiveInCageCommand.self,
                ]),
            CommandGroup(
                name: "Mirror", subcommands: [PushCommand.self, PullCommand.self, StoreCommand.self, FetchCommand.self]),
            CommandGroup(name: "Checks", subcommands: [DoctorCommand.self, ConfigCommand.self, PingCommand.self]),
            CommandGroup(name: "Keys", subcommands: [KeyCommand.self, KitCommand.self]),
        ])

    /// Synchronous, because starting Swift's concurrency takes time that most commands have no use for.
    static func main() {
        Outcome.keepStandardDescriptors()
        // A reader that goes away is seen as an error of write(2); keys must not end up in a core file.
        signal(SIGPIPE, SIG_IGN)
        _ = clinux_keep_memory_private()
        LockWaiting(limit: nil).begin()
        let arguments = Array(CommandLine.arguments.dropFirst())
        if arguments == ["--version"] {
            Terminal.data(version)
            return Outcome.finish()
        }
        do {
            try CommandWords.requireUTF8()
            if let append = AppendRequest(plain: arguments) {
                try append.run()
                return Outcome.finish()
            }
            var command = try parseCommand(arguments)
            if let command = command as? any AsyncParsableCommand {
                try runToEnd(command)
            } else {
                try command.run()
            }
            Outcome.finish()
        } catch let status as ExitCode {
            Glibc.exit(status.rawValue)
        } catch let failure as SaidElsewhereError {
            Glibc.exit(failure.status)
        } catch {
            Glibc.exit(report(error, arguments))
        }
    }

    private static func runToEnd(_ command: any AsyncParsableCommand) throws {
        let held = HeldCommand(command)
        try runToEnd { try await held.run() }
    }

    /// Runs on another thread what waits for other machines, and returns at its end.
    static func runToEnd(_ body: @escaping @Sendable () async throws -> Void) throws {
        let run = AsyncRun(body)
        Task.detached { await run.run() }
        try run.wait()
    }

    /// Scripts call one command a process, and a parser of all commands takes milliseconds to build: so the named
    /// command's own is asked first. What it does not take, help included, the whole parser answers.
    private static func parseCommand(_ arguments: [String]) throws -> any ParsableCommand {
        let commands = configuration.groupedSubcommands.flatMap(\.subcommands)
        guard let command = commands.first(where: { $0.configuration.commandName == arguments.first }),
            command.configuration.subcommands.isEmpty, let parsed = try? command.parse(Array(arguments.dropFirst()))
        else {
            if let complaint = CommandWords(arguments, in: Self.self).complaint { throw complaint }
            return try parseAsRoot(arguments)
        }
        return parsed
    }

    private static func report(_ error: any Error, _ arguments: [String]) -> Int32 {
        let code = exitCode(for: error)
        if code == .success {
            // Help and version are what was asked for.
            Terminal.lines(fullMessage(for: error))
            Outcome.finish()
            return 0
        }
        let asJSON = arguments.contains("--json")
        if let option = arguments.first, code == .validationFailure, ["--config", "--json"].contains(option) {
            Terminal.report(
                Complaint(
                    "\(option) goes after the command's name", hint: "such as: devjournal log \(option)", .usage),
                asJSON: asJSON)
            return ExitStatus.usage.rawValue
        }
        if code == .validationFailure {
            Terminal.report(
                Complaint(
                    message(for: error).split(separator: "\n").joined(separator: " "),
                    hint: "\(CommandWords(arguments, in: Self.self).help) lists what there is", .usage),
                asJSON: asJSON)
            return ExitStatus.usage.rawValue
        }
        let complaint = Complaint(error)
        Terminal.report(complaint, asJSON: asJSON)
        return complaint.status.rawValue
    }
}

/// One call on another thread, while the one that started it waits.
///
/// Unchecked: its outcome is looked at only when the call has said that it is done.
@safe
private final class AsyncRun: @unchecked Sendable {
    private let body: @Sendable () async throws -> Void
    private var outcome: Result<Void, any Error> = .success(())
    private let done = DispatchSemaphore(value: 0)

    init(_ body: @escaping @Sendable () async throws -> Void) {
        self.body = body
    }

    func run() async {
        do { try await body() } catch { outcome = .failure(error) }
        done.signal()
    }

    func wait() throws {
        done.wait()
        try outcome.get()
    }
}

/// Unchecked: the command is handed over before the thread starts and not looked at again.
@safe
private final class HeldCommand: @unchecked Sendable {
    private var command: any AsyncParsableCommand

    init(_ command: any AsyncParsableCommand) {
        self.command = command
    }

    func run() async throws { try await command.run() }
}

import Backup
import DurableFiles
import JournalFormat
import SystemPackage

/// A label restored on the server: its chain received, and the working copy made to follow it.
struct ServerRestore {
    private let configuration: Configuration
    /// Whether it is tried where it is not expected to fit.
    private let ignoresSpace: Bool
    private let updatesWorktree: Bool

    /// - Parameter receivesOnly: whether the working copy stays as it is.
    init(_ configuration: Configuration, ignoresSpace: Bool = false, receivesOnly: Bool = false) {
        self.configuration = configuration
        self.ignoresSpace = ignoresSpace
        updatesWorktree = configuration.updatesWorktree && !receivesOnly
    }

    /// - Returns: the received snapshot.
    func run(_ plan: RestorePlan) async throws -> FilePath {
        try RootPlaces(configuration).requireServer()
        let lock = try FileLock.ofWork(configuration.server.restoreLock, "another restore")
        let received = try await runLocked(plan)
        lock.unlock()
        return received
    }

    /// The same for who holds the lock of restores.
    func runLocked(_ plan: RestorePlan) async throws -> FilePath {
        let root = RootAccess(configuration)
        let receiver = SnapshotReceiver(configuration, root)
        if updatesWorktree { try await root.requirePlace() }
        try await receiver.receive(plan, ignoringSpace: ignoresSpace)
        if updatesWorktree { try await follow(plan.label, root) }
        await root.end()
        return receiver.path(of: plan.label)
    }

    private func follow(_ label: Label, _ root: RootAccess) async throws {
        let code = configuration.code
        let outcome = try await root.follow(label)
        // Where nothing was done a crash may still have come between the copy and its event.
        if try !outcome.isNew && outcome.kept == nil && configuration.state().worktree == label {
            return Terminal.say("\(code) is \(label) already; nothing changed")
        }
        if let kept = outcome.kept { Terminal.say("the working copy before this one is kept as \(kept)") }
        var journal = try configuration.openJournal()
        _ = try configuration.record(
            .recordWorktree(
                label, path: code.string, kept: outcome.kept?.string, unpowered: outcome.unpowered), in: &journal)
    }
}

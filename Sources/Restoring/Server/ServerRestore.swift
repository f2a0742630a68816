package import Backup
import DurableFiles
import JournalFormat
import JournalStore
package import Machines
package import SystemPackage

/// A label restored on the server: its chain received, and the working copy made to follow it.
package struct ServerRestore {
    private let machine: Machine
    private let root: any RootSteps
    /// Whether it is tried where it is not expected to fit.
    private let ignoresSpace: Bool
    private let updatesWorktree: Bool
    private let isRoot: Bool

    /// - Parameters:
    ///   - receivesOnly: whether the working copy stays as it is.
    ///   - isRoot: whose this process is.
    package init(
        _ machine: Machine, _ root: any RootSteps, ignoresSpace: Bool = false, receivesOnly: Bool = false,
        isRoot: Bool = DurableFiles.isRoot
    ) {
        self.machine = machine
        self.isRoot = isRoot
        self.root = root
        self.ignoresSpace = ignoresSpace
        updatesWorktree = machine.updatesWorktree && !receivesOnly
    }

    /// What it would do.
    package func preview(_ plan: RestorePlan) async throws -> RestorePreview {
        let start = try await SnapshotReceiver(machine, root).firstMissing(plan)
        return RestorePreview(plan, from: start, machine, updatesWorktree: updatesWorktree)
    }

    /// - Returns: the received snapshot.
    package func run(_ plan: RestorePlan) async throws -> FilePath {
        try RootPlaces(machine, isRoot: isRoot).requireServer()
        let lock = try FileLock.ofWork(machine.server.restoreLock, "another restore")
        let received = try await runLocked(plan)
        lock.unlock()
        return received
    }

    /// The same for who holds the lock of restores.
    package func runLocked(_ plan: RestorePlan) async throws -> FilePath {
        let receiver = SnapshotReceiver(machine, root)
        if updatesWorktree { try await root.requirePlace() }
        try await receiver.receive(plan, ignoringSpace: ignoresSpace)
        if updatesWorktree { try await follow(plan.label) }
        return receiver.path(of: plan.label)
    }

    private func follow(_ label: Label) async throws {
        let code = machine.code
        let outcome = try await root.follow(label)
        // Where nothing was done a crash may still have come between the copy and its event.
        if try !outcome.isNew && outcome.kept == nil && machine.state().worktree == label {
            return machine.reporter.say("\(code) is \(label) already; nothing changed")
        }
        if let kept = outcome.kept { machine.reporter.say("the working copy before this one is kept as \(kept)") }
        var journal = try machine.openJournal(.resuming(.anything))
        _ = try machine.record(
            .recordWorktree(
                label, path: code.string, kept: outcome.kept?.string, unpowered: outcome.unpowered), in: &journal)
    }
}

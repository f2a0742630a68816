import Artifacts
package import Backup
import BackupJournal
import DurableFiles
import JournalFormat
import JournalStore
package import Machines

/// An artifact that should not be there counts no more: recorded first, then what is there of it is set aside. Run again it
/// finishes what was interrupted.
package struct ArtifactWithdrawal {
    /// What would be withdrawn, for a person to confirm.
    package struct Plan {
        fileprivate let command: Command
        /// The newest first; none where it was withdrawn before.
        package let labels: [Label]
        /// Those of them that are registered.
        package let entries: [BackupState.Entry]
    }

    private let machine: Machine
    private let root: any RootSteps

    package init(_ machine: Machine, _ root: any RootSteps) {
        self.machine = machine
        self.root = root
    }

    /// - Parameters:
    ///   - label: `2026-01` or `dev@2026-01`.
    ///   - login: who asks.
    package func plan(
        _ label: String, reason: String, withChildren: Bool, login: String?
    ) throws -> Plan {
        let state = try machine.replay().readableState()
        let label = try machine.label(label, in: state)
        let command = Command.withdraw(label, reason: reason, withChildren: withChildren, login: login)
        let labels = try withdrawn(by: command, state)
        return Plan(command: command, labels: labels, entries: labels.compactMap { state.entries[$0] })
    }

    private func withdrawn(by command: Command, _ state: BackupState) throws -> [Label] {
        try decide(command, state, thisMonth: machine.thisMonth())
            .compactMap { $0.data["label"]?.string.flatMap { Label($0) } }
    }

    /// - Parameter plan: what was shown and confirmed.
    package func carryOut(_ plan: Plan) async throws {
        // What a restore that is running would say of the label comes before it is forgotten.
        guard let lock = try FileLock.tryLock(machine.server.restoreLock) else {
            throw WithdrawalError.restoreIsRunning
        }
        try await setAside(try record(plan))
        lock.unlock()
    }

    private func record(_ plan: Plan) throws -> BackupState {
        var journal = try machine.openJournal(.resuming(.anything))
        guard try withdrawn(by: plan.command, try journal.replay.readableState()) == plan.labels else {
            throw WithdrawalError.otherLabels
        }
        _ = try machine.record(plan.command, in: &journal)
        return try journal.replay.readableState()
    }

    private func setAside(_ state: BackupState) async throws {
        let snapshots = WithdrawnSnapshots(machine, root)
        do {
            try WithdrawnFiles(machine).setAside(state)
            try await snapshots.setAside(state)
        } catch {
            throw WithdrawalError.notAllSetAside(words(error))
        }
        do {
            try await snapshots.returnWorkingCopy(state)
        } catch {
            throw WithdrawalError.workingCopyNotBack(words(error))
        }
    }

    private func words(_ error: any Error) -> String {
        error is SaidElsewhereError ? "why stands above" : machine.reporter.message(of: error)
    }
}

/// Why something was not withdrawn, or not all of what follows from it done.
package enum WithdrawalError: OperationError {
    case restoreIsRunning
    case otherLabels
    case notAllSetAside(_ why: String)
    case workingCopyNotBack(_ why: String)
}

extension WithdrawalError {
    package var description: String {
        switch self {
        case .restoreIsRunning: "a restore is running"
        case .otherLabels:
            "another label was registered meanwhile that builds on it; nothing was withdrawn"
        case .notAllSetAside(let why): "it is recorded as withdrawn, but not all of it was set aside: \(why)"
        case .workingCopyNotBack(let why):
            "it is withdrawn, but the working copy is still that of a withdrawn label: \(why)"
        }
    }

    package var hint: String? {
        switch self {
        case .restoreIsRunning: "run it again when it is done"
        case .otherLabels: "run it again, to see what is withdrawn now"
        case .notAllSetAside: "run it again"
        case .workingCopyNotBack: "run it again; or restore_backup_LS.sh with another label"
        }
    }

    package var kind: FailureKind {
        switch self {
        case .restoreIsRunning: .incomplete
        case .otherLabels: .refused
        case .notAllSetAside, .workingCopyNotBack: .failed
        }
    }
}

import Artifacts
package import Backup
import DurableFiles
package import JournalFormat
import Machines
package import SystemPackage

/// What a restore on the server would do, and with which bytes: computed first, and all there is of a dry run.
package struct RestorePreview {
    package let label: Label
    /// The newest of the chain that was received before.
    package let reused: Label?
    /// What is to be received.
    package let steps: [BackupState.Entry]
    /// The working copy that would follow; nil where none does.
    package let workingCopy: FilePath?
    /// Whether something is there, which would be kept under a dated name.
    package let replacesCopy: Bool
    /// What does the same without devjournal.
    package let commands: [String]
    private let server: ServerTree

    /// - Parameter start: the first step that is not there yet.
    init(_ plan: RestorePlan, from start: Int, _ machine: Machine, updatesWorktree: Bool) {
        label = plan.label
        reused = start > 0 ? plan.steps[start - 1].artifact.label : nil
        steps = Array(plan.steps[start...])
        workingCopy = updatesWorktree ? machine.code : nil
        replacesCopy = updatesWorktree && pathExists(machine.code)
        commands = StockRestore(machine).commands(plan, from: start, updatesWorktree: updatesWorktree)
        server = machine.server
    }

    /// Of all artifacts that are to be received.
    package var bytes: Int { steps.reduce(0) { $0 + $1.artifact.bytes } }

    package func isHere(_ step: BackupState.Entry) -> Bool { pathExists(server.root.appending(step.localPath)) }

    package var json: JSONObject {
        [
            "label": .string(label.description), "bytes": .integer(bytes),
            "reused": reused.map { .string($0.description) } ?? .null,
            "steps": .array(steps.map { .object(server.json($0)) }),
            "working_copy": workingCopy.map { .string($0.string) } ?? .null,
            "commands": .array(commands.map { .string($0) }),
        ]
    }
}

import Backup
import DurableFiles
import Synchronization
import SystemPackage
import Threads
import TreeHash

extension TreeHash {
    /// The hash of a tree, made on a thread of its own; ends early when the task is cancelled.
    static func of(_ top: FilePath, withoutPower: Bool = false) async throws -> TreeHash {
        let isWanted = IsWanted()
        return try await withTaskCancellationHandler {
            try await onOwnThread {
                Result { try TreeHash(top, withoutPower: withoutPower, isWanted: { isWanted.value }) }
            }.get()
        } onCancel: {
            isWanted.end()
        }
    }

    private final class IsWanted: Sendable {
        private let state = Atomic(true)

        var value: Bool { state.load(ordering: .relaxed) }

        func end() { state.store(false, ordering: .relaxed) }
    }
}

import Backup
import Dispatch
import DurableFiles
import Synchronization
import SystemPackage
import TreeHash

extension TreeHash {
    /// The hash of a tree, made on a thread of its own; ends early when the task is cancelled.
    static func of(_ top: FilePath) async throws -> TreeHash {
        let isWanted = IsWanted()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                DispatchQueue.global().async {
                    continuation.resume(with: Result { try TreeHash(top, isWanted: { isWanted.value }) })
                }
            }
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

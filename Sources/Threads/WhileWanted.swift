internal import Synchronization

/// Runs `body` on a thread of its own, which asks now and then whether it is still wanted: no longer once the task is
/// cancelled.
package func whileWanted<Value: Sendable>(
    _ body: @escaping @Sendable (@escaping @Sendable () -> Bool) throws -> Value
) async throws -> Value {
    let isWanted = IsWanted()
    return try await withTaskCancellationHandler {
        try await onOwnThread { Result { try body { isWanted.value } } }.get()
    } onCancel: {
        isWanted.end()
    }
}

private final class IsWanted: Sendable {
    private let state = Atomic(true)

    var value: Bool { state.load(ordering: .relaxed) }

    func end() { state.store(false, ordering: .relaxed) }
}

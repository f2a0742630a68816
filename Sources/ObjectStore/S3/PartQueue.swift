internal import Dispatch
internal import Synchronization

/// Parts on their way from the thread that hashes to those that send: few at a time, so that a file is not read far
/// ahead of what is sent. After a failure nothing more is handed out.
final class PartQueue: Sendable {
    private struct State {
        var waiting: [UploadedPart] = []
        var done: [UploadedPart] = []
        var failure: StoreError?
    }

    private let state = Mutex(State())
    private let room: DispatchSemaphore
    private let arrivals = DispatchSemaphore(value: 0)

    init(room: Int) {
        self.room = DispatchSemaphore(value: room)
    }

    /// Waits for room. False where sending has failed.
    func add(_ part: UploadedPart) -> Bool {
        room.wait()
        let hasFailed = state.withLock { state in
            state.waiting.append(part)
            return state.failure != nil
        }
        arrivals.signal()
        return !hasFailed
    }

    /// The next part to send; nil at the end. Waits for one.
    func next() -> UploadedPart? {
        arrivals.wait()
        let part = state.withLock { state -> UploadedPart? in
            if state.failure != nil || state.waiting.isEmpty { return nil }
            return state.waiting.removeFirst()
        }
        guard let part else {
            arrivals.signal()
            room.signal()
            return nil
        }
        room.signal()
        return part
    }

    func done(_ part: UploadedPart) {
        state.withLock { $0.done.append(part) }
    }

    func fail(_ error: StoreError) {
        state.withLock { state in
            if state.failure == nil { state.failure = error }
        }
        arrivals.signal()
        room.signal()
    }

    /// No more will come.
    func close() {
        arrivals.signal()
    }

    /// All that was sent, in order; the first failure where there was one.
    func result() throws(StoreError) -> [UploadedPart] {
        let state = state.withLock { $0 }
        if let failure = state.failure { throw failure }
        return state.done.sorted { $0.number < $1.number }
    }
}

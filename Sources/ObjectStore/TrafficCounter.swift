internal import Synchronization

/// Counts what is asked of a store, from any thread.
final class TrafficCounter: Sendable {
    private let state = Mutex(StoreTraffic())

    var traffic: StoreTraffic { state.withLock { $0 } }

    func add(requests: Int, bytes: Int) {
        state.withLock { state in
            state.requests += requests
            state.bytes += bytes
        }
    }
}

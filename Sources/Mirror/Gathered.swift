internal import Synchronization

/// Values by their keys, which several threads gather.
final class Gathered<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private let values = Mutex<[Key: Value]>([:])

    var all: [Key: Value] { values.withLock { $0 } }

    subscript(key: Key) -> Value? { values.withLock { $0[key] } }

    func add(_ key: Key, _ value: Value) { values.withLock { $0[key] = value } }
}

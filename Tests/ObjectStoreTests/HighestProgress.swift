import Foundation

/// The largest count that was reported, from whatever thread.
final class HighestProgress: @unchecked Sendable {
    private let lock = NSLock()
    private var highest: Int64 = 0

    func note(_ bytesDone: Int64) {
        lock.withLock { highest = max(highest, bytesDone) }
    }

    var largest: Int64 { lock.withLock { highest } }
}

internal import Glibc
internal import Synchronization

/// Counts the bytes of one transfer over all its threads, keeps them within the rate, and tells how far it is.
final class TransferCounter: Sendable {
    private let done: Mutex<Int64>
    private let progress: TransferProgress?
    private let limit: RateLimit?

    init(_ progress: TransferProgress?, _ limit: RateLimit?) {
        done = Mutex(0)
        self.progress = progress
        self.limit = limit
    }

    /// A negative count takes back what has to be sent again.
    func add(_ count: Int64) {
        if count > 0 { limit?.wait(for: count) }
        let done = done.withLock { done in
            done += count
            return done
        }
        if count > 0 { progress?(done) }
    }

    /// For bytes that were there already and need not be sent.
    func skip(_ count: Int64) {
        let done = done.withLock { done in
            done += count
            return done
        }
        progress?(done)
    }
}

/// Bytes a second that all transfers of a store share.
final class RateLimit: Sendable {
    private let bytesPerSecond: Int64
    /// When all that was let through so far is paid for, in seconds of the monotonic clock.
    private let free = Mutex(0.0)

    init(bytesPerSecond: Int64) {
        self.bytesPerSecond = bytesPerSecond
    }

    func wait(for count: Int64) {
        let pause = free.withLock { free in
            let now = Self.now()
            free = max(free, now) + Double(count) / Double(bytesPerSecond)
            return free - now
        }
        pauseThread(seconds: pause)
    }

    private static func now() -> Double {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}

/// nanosleep(2), begun again after a signal.
func pauseThread(seconds: Double) {
    guard seconds > 0 else { return }
    var rest = timespec(tv_sec: Int(seconds), tv_nsec: Int((seconds - seconds.rounded(.down)) * 1e9))
    var left = timespec()
    while unsafe nanosleep(&rest, &left) != 0, errno == EINTR { rest = left }
}

internal import Glibc

/// How long the other end of a pipe or a connection is waited for.
package struct Patience: Sendable, Equatable {
    /// Seconds without a byte.
    package let silence: Double
    /// Bytes a second that all must come to, once the first `silence` seconds are over: one byte now and then is
    /// not progress.
    package let leastRate: Double

    package init(silence: Double, leastRate: Double = 1_000) {
        self.silence = silence
        self.leastRate = leastRate
    }

    /// Seconds to go; none are left at 0.
    ///
    /// - Parameters:
    ///   - elapsed: seconds since the beginning.
    ///   - quiet: seconds since the last byte.
    package func left(elapsed: Double, quiet: Double, bytes: Int) -> Double {
        max(0, min(silence - quiet, silence + Double(bytes) / leastRate - elapsed))
    }
}

/// What one transfer has come to.
struct PatientWait {
    private let patience: Patience
    private let start = Self.seconds()
    private var last = Self.seconds()
    private var bytes = 0

    init(_ patience: Patience) {
        self.patience = patience
    }

    mutating func moved(_ count: Int) {
        if count > 0 { last = Self.seconds() }
        bytes += count
    }

    var isOver: Bool { left == 0 }

    private var left: Double {
        let now = Self.seconds()
        return patience.left(elapsed: now - start, quiet: now - last, bytes: bytes)
    }

    /// `poll(2)`. False where the patience is over.
    func wait(for events: Int32, on descriptor: Int32) -> Bool {
        while !isOver {
            var wanted = pollfd(fd: descriptor, events: Int16(truncatingIfNeeded: events), revents: 0)
            let milliseconds = Int32(clamping: Int(left * 1_000) + 1)
            // After a signal the time that is left is asked again.
            if unsafe poll(&wanted, 1, milliseconds) > 0 { return true }
        }
        return false
    }

    private static let origin = SuspendingClock.now

    /// The time that a machine sleeps does not count.
    static func seconds() -> Double {
        let passed = origin.duration(to: .now).components
        return Double(passed.seconds) + Double(passed.attoseconds) / 1e18
    }
}

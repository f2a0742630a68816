import JournalFormat
import Machines
import Synchronization

/// A clock that shows one moment until a test moves it. Its calendar is UTC's.
package final class StandingClock: WallClock {
    /// 2026-02-01T00:00:00Z
    package static let start = Timestamp(milliseconds: 1_769_904_000_000)

    private struct State {
        var time: Timestamp
        var month: (year: Int, month: Int)
        var isSynchronised = true
    }

    private let state: Mutex<State>

    package init(_ time: Timestamp = start, year: Int = 2026, month: Int = 2) {
        state = Mutex(State(time: time, month: (year, month)))
    }

    package func now() -> Timestamp { state.withLock(\.time) }
    package func month() -> (year: Int, month: Int) { state.withLock(\.month) }
    package func isSynchronised() -> Bool { state.withLock(\.isSynchronised) }

    package func pass(days: Int = 0, seconds: Int = 0) {
        state.withLock { $0.time = Timestamp(milliseconds: $0.time.milliseconds + (days * 86_400 + seconds) * 1000) }
    }

    /// What is waited for passes at once.
    package func pause(milliseconds: Int) {
        state.withLock { $0.time = Timestamp(milliseconds: $0.time.milliseconds + milliseconds) }
    }

    package func turn(toYear year: Int, month: Int) { state.withLock { $0.month = (year, month) } }
    package func loseSynchronisation() { state.withLock { $0.isSynchronised = false } }
}

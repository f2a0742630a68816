import Backup
import CLinux
import Glibc
import Machines
import Synchronization

/// Shows on standard error how far something is: on a terminal one line that is overwritten, elsewhere a plain line now
/// and then, and nothing of what is done within seconds. Where a script keeps a log of standard error, the terminal is the
/// descriptor in `DEVJOURNAL_PROGRESS_FD`.
///
///     let report = ProgressReport("receiving \(name)", total: bytes)
///     report.reached(sent)      // from any thread, as often as one likes
///     report.finish()
final class ProgressReport: ProgressMeter, Sendable {
    private struct State {
        var progress: Progress
        var nextLine: Double
        var width = 0
    }

    private static let secondsBetweenLines = 30.0
    private static let secondsBetweenUpdates = 0.2

    /// Nil where there is none.
    private let terminal: Int32?
    private let state: Mutex<State>

    /// - Parameter done: bytes of an earlier run that are there already.
    init(_ title: String, total: Int?, done: Int = 0) {
        let now = Self.now()
        terminal = Terminal.screen
        let wait = terminal != nil ? Self.secondsBetweenUpdates : Self.secondsBetweenLines
        state = Mutex(
            State(progress: Progress(title, total: total, done: done, startedAt: now), nextLine: now + wait))
    }

    /// So many bytes are done in all.
    func reached(_ done: Int) {
        let now = Self.now()
        state.withLock { state in
            guard now >= state.nextLine else { return }
            state.progress.reached(done, at: now)
            state.nextLine = now + (terminal != nil ? Self.secondsBetweenUpdates : Self.secondsBetweenLines)
            if let terminal {
                Self.overwrite(state.progress.text, &state.width, on: terminal)
            } else {
                Terminal.say(state.progress.text)
            }
        }
    }

    /// Takes the line away again, so that what is said next stands alone.
    func finish() {
        state.withLock { state in
            if let terminal, state.width > 0 { Self.overwrite("", &state.width, on: terminal) }
            state.width = 0
        }
    }

    private static func overwrite(_ text: String, _ width: inout Int, on terminal: Int32) {
        Terminal.overwrite(text, width: width, on: terminal)
        width = text.count
    }

    private static func now() -> Double {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}

import JournalFormat
import JournalStore
import Machines
import Synchronization

/// Remembers what an operation says.
package final class RememberingReporter: Reporter {
    private struct State {
        var said: [String] = []
        var warned: [String] = []
        var receipts: [Receipt] = []
        var queued: [EventID] = []
        var begun: [String] = []
        var running = 0
    }

    private let state = Mutex(State())

    package init() {}

    package var said: [String] { state.withLock(\.said) }
    package var warned: [String] { state.withLock(\.warned) }
    package var receipts: [Receipt] { state.withLock(\.receipts) }
    package var queued: [EventID] { state.withLock(\.queued) }
    /// The titles of what was shown to be under way.
    package var begun: [String] { state.withLock(\.begun) }
    /// How much of that was not ended.
    package var running: Int { state.withLock(\.running) }

    package func forget() { state.withLock { $0 = State() } }

    package func say(_ text: String) { state.withLock { $0.said.append(text) } }
    package func warn(_ text: String) { state.withLock { $0.warned.append(text) } }
    package func message(of error: any Error) -> String { "\(error)" }
    package func hint(of error: any Error) -> String? { (error as? any OperationError)?.hint }
    package func recorded(_ receipts: [Receipt]) { state.withLock { $0.receipts += receipts } }
    package func queued(_ events: [EventID]) { state.withLock { $0.queued += events } }

    package func progress(_ title: String, total: Int?, done: Int) -> any ProgressMeter {
        state.withLock {
            $0.begun.append(title)
            $0.running += 1
        }
        return Meter { [weak self] in self?.state.withLock { $0.running -= 1 } }
    }

    private final class Meter: ProgressMeter {
        private let isRunning = Mutex(true)
        private let ended: @Sendable () -> Void

        init(ended: @escaping @Sendable () -> Void) { self.ended = ended }

        func reached(_ done: Int) {}

        func finish() {
            let wasRunning = isRunning.withLock { isRunning in
                defer { isRunning = false }
                return isRunning
            }
            if wasRunning { ended() }
        }
    }
}

import JournalFormat
import Synchronization

/// How the root helper says how far it is: a line of JSON now and then. Some times a second are enough for who shows it to
/// a person.
package final class HelperProgress: Sendable {
    package static let interval = Duration.milliseconds(200)

    private let next: Mutex<ContinuousClock.Instant>
    private let now: @Sendable () -> ContinuousClock.Instant
    private let write: @Sendable (String) -> Void

    /// - Parameter write: puts a line out.
    package init(
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }, _ write: @escaping @Sendable (String) -> Void
    ) {
        next = Mutex(now())
        self.now = now
        self.write = write
    }

    /// So many bytes of an artifact are opened in all.
    package func opened(_ bytes: UInt64) {
        let isDue = next.withLock { next in
            let now = now()
            guard now >= next else { return false }
            next = now + Self.interval
            return true
        }
        if isDue { write(JSONValue.object(HelperAnswer.progress(bytes)).text + "\n") }
    }
}

import JournalFormat
import Machines

/// What time it is, for commands that are given no machine.
enum Clock {
    static func now() -> Timestamp { SystemClock().now() }
}

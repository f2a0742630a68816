import Backup
import CLinux
import Glibc
import JournalFormat

/// The only place that asks what time it is.
enum Clock {
    static func now() -> Timestamp {
        var time = timespec()
        _ = unsafe clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(milliseconds: time.tv_sec * 1000 + time.tv_nsec / 1_000_000)
    }

    /// Whether the kernel holds the clock for synchronised.
    static func isSynchronised() -> Bool { clinux_clock_is_synchronised() != 0 }

    /// The current month by local time: a month is what the calendar on the wall says.
    static func thisMonth(_ dataset: String) -> Label {
        var seconds = time(nil)
        var local = unsafe tm()
        _ = unsafe localtime_r(&seconds, &local)
        return unsafe Label(dataset: dataset, year: Int(local.tm_year) + 1900, month: Int(local.tm_mon) + 1)
    }
}

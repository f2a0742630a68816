import CLinux
import Glibc
package import JournalFormat

/// The machine's own clock.
package struct SystemClock: WallClock {
    package init() {}

    package func now() -> Timestamp {
        var time = timespec()
        _ = unsafe clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(milliseconds: time.tv_sec * 1000 + time.tv_nsec / 1_000_000)
    }

    package func isSynchronised() -> Bool { clinux_clock_is_synchronised() != 0 }

    package func pause(milliseconds: Int) {
        var rest = timespec(tv_sec: milliseconds / 1000, tv_nsec: milliseconds % 1000 * 1_000_000)
        var left = timespec()
        while unsafe nanosleep(&rest, &left) != 0, errno == EINTR { rest = left }
    }

    /// A month is what the calendar on the wall says.
    package func month() -> (year: Int, month: Int) {
        var seconds = time(nil)
        var local = unsafe tm()
        _ = unsafe localtime_r(&seconds, &local)
        return unsafe (Int(local.tm_year) + 1900, Int(local.tm_mon) + 1)
    }
}

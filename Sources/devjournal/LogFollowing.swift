import Backup
import CLinux
import Glibc
import JournalFormat
import JournalStore

/// `log --follow`: waits for records, prints each once, and ends when it is told to or nobody listens any more.
struct LogFollowing {
    private let configuration: Configuration
    private var filter: RecordFilter
    private var printer: RecordPrinter

    private static let milliseconds: Int32 = 200

    init(_ configuration: Configuration, _ filter: RecordFilter, _ printer: RecordPrinter) {
        self.configuration = configuration
        self.filter = filter
        self.printer = printer
    }

    /// - Parameter size: the records that were printed before.
    consuming func run(after size: Int) throws {
        clinux_end_on_signals()
        let server = configuration.server
        var follower = JournalFollower(
            server.journal, lock: server.journalLock, pinnedRoot: try server.pinnedRoot(), judged: size)
        var (filter, printer) = (filter, printer)
        var isTold = false
        repeat {
            let look = try follower.look { record, line in
                guard record.seq > size else { return }
                printer.names.take(record)
                guard filter.matches(record, printer.names) else { return }
                printer.show(printer.line(record, line, printer.names))
            }
            switch look {
            case .torn(let bytes) where !isTold:
                Terminal.warn("the last line is torn (\(bytes) bytes); the next append repairs it")
                isTold = true
            case .grown: isTold = false
            case .torn, .unchanged: break
            }
        } while try waits()
    }

    /// False when it is time to end: a signal, or the reader of the output has gone away.
    private func waits() throws -> Bool {
        var output = pollfd(fd: STDOUT_FILENO, events: 0, revents: 0)
        let answer = unsafe poll(&output, 1, Self.milliseconds)
        if clinux_end_was_asked() != 0 { return false }
        return answer <= 0 || Int32(output.revents) & (POLLERR | POLLNVAL) == 0
    }
}

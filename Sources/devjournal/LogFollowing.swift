import Backup
import CLinux
import Glibc
import JournalFormat
import JournalStore
import Machines

/// `log --follow`: waits for records, prints each once, and ends when it is told to or nobody listens any more.
struct LogFollowing {
    private let machine: Machine
    private let filter: RecordFilter
    private let printer: RecordPrinter
    /// As of the last record that was printed before.
    private let names: KeyNames

    private static let milliseconds: Int32 = 200

    init(
        _ machine: Machine, _ filter: RecordFilter, _ printer: RecordPrinter, _ names: KeyNames
    ) {
        self.machine = machine
        self.filter = filter
        self.printer = printer
        self.names = names
    }

    /// - Parameter size: the records that were printed before.
    func run(after size: Int) throws {
        clinux_end_on_signals()
        let server = machine.server
        var follower = JournalFollower(
            server.journal, lock: server.journalLock, pinnedRoot: try server.pinnedRoot(), judged: size)
        var (filter, names) = (filter, names)
        var isTold = false
        repeat {
            let look = try follower.look { record, line in
                guard record.seq > size else { return }
                names.take(record)
                if filter.matches(record, names) { printer.show(record, line, names) }
            }
            switch look {
            case .torn(let bytes) where !isTold:
                Terminal.warn("the last line is torn (\(Plain.counted(bytes, "byte"))); the next append repairs it")
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

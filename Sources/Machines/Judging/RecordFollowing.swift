package import Backup
import CLinux
import Glibc
package import JournalFormat
import JournalStore

/// `log --follow`: waits for records, prints each once, and ends when it is asked to or nobody listens any more.
package struct RecordFollowing {
    private let machine: Machine
    private let filter: RecordFilter
    private let show: (Record, Span<UInt8>, KeyNames) -> Void
    /// As of the last record that was printed before.
    private let names: KeyNames

    private static let milliseconds: Int32 = 200

    package init(
        _ machine: Machine, _ filter: RecordFilter, _ names: KeyNames,
        show: @escaping (Record, Span<UInt8>, KeyNames) -> Void
    ) {
        self.machine = machine
        self.filter = filter
        self.show = show
        self.names = names
    }

    /// A replica takes its lines from deliveries: nobody writes it while somebody waits.
    package static func requireServersOwn(_ journal: ReadableJournal) throws {
        guard journal.replica == nil else { throw MachineError.followedReplica }
    }

    /// - Parameter size: the records that were printed before.
    package func run(after size: Int) throws {
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
                if filter.matches(record, names) { show(record, line, names) }
            }
            switch look {
            case .torn(let bytes) where !isTold:
                machine.reporter.warn(
                    "the last line is torn (\(Plain.counted(bytes, "byte"))); the next append repairs it")
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

import Glibc
import JournalFormat
import JournalStore
import Synchronization
import SystemPackage

/// What this process has recorded durably, so that it can be said also where standard output cannot be written, and
/// nobody records it twice.
enum Outcome {
    private struct Recorded {
        let what: String
        let look: String
    }

    private static let recorded = Mutex<Recorded?>(nil)
    private static let readerMayLeave = Atomic(false)

    static func hasRecorded(_ receipts: [Receipt]) {
        guard let first = receipts.map(\.seq).min(), let last = receipts.map(\.seq).max() else { return }
        let what = first == last ? "record \(first)" : "records \(first) to \(last)"
        recorded.withLock { $0 = Recorded(what: "recorded as \(what)", look: "devjournal show \(first) shows it") }
    }

    static func hasSaid(_ ids: [EventID]) {
        guard let last = ids.last else { return }
        recorded.withLock {
            $0 = Recorded(
                what: "in the outbox as \(ids.count == 1 ? "event \(last)" : "\(ids.count) events, the last \(last)")",
                look: "devjournal outbox list shows it")
        }
    }

    /// A list was asked for: a reader that has seen enough (`devjournal log | head`) ends it quietly.
    static func letReaderLeave() { readerMayLeave.store(true, ordering: .relaxed) }

    /// Closes standard output, which is when some file systems say that the disk is full. To be called where all went well.
    static func finish() {
        if close(STDOUT_FILENO) != 0, errno != EBADF { end(Errno(rawValue: errno)) }
    }

    /// Ends the program because standard output cannot be written.
    static func end(_ failure: Errno) -> Never {
        let why = failure == .badFileDescriptor ? "it is closed" : "\(failure)"
        let complaint: Complaint
        if let recorded = recorded.withLock({ $0 }) {
            complaint = Complaint(
                "\(recorded.what), but standard output could not be written: \(why)",
                hint: "do not record it again; \(recorded.look)",
                .receiptNotDelivered)
        } else if failure == .brokenPipe, readerMayLeave.load(ordering: .relaxed) {
            exit(0)
        } else {
            complaint = Complaint("standard output could not be written: \(why)", .failed)
        }
        Terminal.report(complaint, asJSON: CommandLine.arguments.contains("--json"))
        exit(complaint.status.rawValue)
    }

    /// Takes the numbers of standard input, output and error where they are closed, so that no file that is opened later
    /// gets what is meant for them. What is then read or written there fails as if it were closed.
    static func keepStandardDescriptors() {
        for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) < 0 {
            _ = unsafe open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY)
        }
    }
}

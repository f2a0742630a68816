import Backup
import JournalFormat
import JournalStore
import Machines

extension Effects {
    /// What a command passes in: the machine's clock and programs, and a reporter that speaks on standard error.
    static let ofThisProcess = Effects(
        clock: SystemClock(), reporter: TerminalReporter(), programs: SystemPrograms())
}

/// Says everything on standard error, and remembers what was recorded, for the case that standard output fails.
struct TerminalReporter: Reporter {
    func say(_ text: String) { Terminal.say(text) }
    func warn(_ text: String) { Terminal.warn(text) }
    func message(of error: any Error) -> String { Complaint(error).message }
    func hint(of error: any Error) -> String? { Complaint(error).hint }
    func recorded(_ receipts: [Receipt]) { Outcome.hasRecorded(receipts) }
    func queued(_ events: [EventID]) { Outcome.hasSaid(events) }

    func progress(_ title: String, total: Int?, done: Int) -> any ProgressMeter {
        ProgressReport(title, total: total, done: done)
    }
}

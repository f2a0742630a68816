import ArgumentParser
import Backup
import DurableFiles
import Machines
import Ping
import SystemPackage

/// The jobs of timers, whose silence is to be noticed.
enum PingedJob: String, CaseIterable {
    case month, push, scrub
}

/// The pings of one run. None of them ever fails it.
struct JobPings {
    private let address: PingAddress

    /// Nil where there is nobody to hear: `PING_URL` is empty, or is none, which is warned of.
    init?(_ job: PingedJob, _ machine: Machine) {
        guard let text = machine.settings.text("PING_URL") else { return nil }
        do {
            address = try PingAddress(text.hasPrefix("/") ? Self.kept(FilePath(text)) : text, job: job.rawValue)
        } catch {
            Self.warn(error)
            return nil
        }
    }

    /// What a file that only its owner can read holds.
    private static func kept(_ file: FilePath) throws(FileFailure) -> String {
        var text = String(decoding: try readPrivateFile(file, limit: 4096), as: UTF8.self)
        while text.last?.isNewline == true { text.removeLast() }
        return text
    }

    func send(_ signal: PingSignal, _ body: [UInt8]) {
        do { try address.send(signal, body) } catch { Self.warn(error) }
    }

    private static func warn(_ error: any Error) {
        if let error = error as? PingError { return Terminal.warn("\(error)" + (error.hint.map { " (\($0))" } ?? "")) }
        Terminal.warn("nobody is pinged: \(Complaint(error).message)")
    }

    /// Runs a job, and tells how it begins and ends, with what was said.
    static func around(_ job: PingedJob, _ machine: Machine, _ run: () throws -> Void) throws {
        guard let pings = JobPings(job, machine) else { return try run() }
        pings.send(.start, [])
        do { try run() } catch {
            var lines = Terminal.lastSaid
            if !(error is ExitCode), !(error is SaidElsewhereError) {
                let complaint = Complaint(error)
                lines.append("error: \(complaint.message)")
                if let hint = complaint.hint { lines.append("hint: \(hint)") }
            }
            pings.send(.fail, Array(lines.joined(separator: "\n").utf8))
            throw error
        }
        pings.send(.success, Array(Terminal.lastSaid.joined(separator: "\n").utf8))
    }
}

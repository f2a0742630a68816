import Backup
import Glibc
import JournalFormat
import Synchronization
import SystemPackage
import VisibleText

/// The law of this program's output: data goes to standard output; everything else goes to standard error, as
/// `devjournal: error: …`, `devjournal: hint: …` or a plain sentence, lower case, without a final period.
///
/// All of it passes through here, and nothing that others chose (names, notes, messages, arguments) steers a terminal or
/// a log: only `exact` writes characters as they are, and only where no terminal reads them.
enum Terminal {
    /// One line for a person. Tabs between its columns stay; a line feed in it is escaped.
    static func data(_ line: String) { write(VisibleText.columns(line) + "\n", to: STDOUT_FILENO) }

    /// Several lines for a person, whose line feeds are ours: where others chose a part, `VisibleText.line` is that
    /// part's.
    static func lines(_ text: String) { write(terminated(VisibleText.lines(text)), to: STDOUT_FILENO) }

    /// For programs: a path, a signed line, a file's text, byte for byte. A terminal gets it escaped, which in JSON
    /// means the same.
    static func exact(_ text: String) {
        write(terminated(isatty(STDOUT_FILENO) == 1 ? VisibleText.lines(text) : text), to: STDOUT_FILENO)
    }

    static func json(_ object: JSONObject) {
        exact(JSONValue.object(object).text)
    }

    static func say(_ text: String) {
        let line = VisibleText.line(text)
        said.withLock { said in
            if said.count == mostKept { said.removeFirst() }
            said.append(line)
        }
        write("devjournal: \(line)\n", to: STDERR_FILENO)
    }

    /// The last lines that were said, for somebody who is not here.
    static var lastSaid: [String] { said.withLock { $0 } }

    private static let said = Mutex<[String]>([])
    private static let mostKept = 20

    /// A line that another program has said.
    static func repeated(_ line: [UInt8]) { write(VisibleText.line(line) + "\n", to: STDERR_FILENO) }

    /// In the place of the line that a terminal shows now, whose first `width` characters are overwritten.
    static func overwrite(_ text: String, width: Int, on terminal: Int32) {
        let text = VisibleText.line(text)
        let padding = String(repeating: " ", count: max(0, width - text.count))
        write("\r\(text)\(padding)" + (text.isEmpty ? "\r" : ""), to: terminal)
    }

    /// A terminal to show progress on: standard error, or where a script logs that, what it was before.
    static var screen: Int32? {
        let named = unsafe getenv("DEVJOURNAL_PROGRESS_FD").flatMap { unsafe Int32(String(cString: $0)) }
        return [STDERR_FILENO, named ?? STDERR_FILENO].first { isatty($0) == 1 }
    }

    static func warn(_ text: String) {
        say("warning: \(text)")
    }

    static func report(_ complaint: Complaint, asJSON: Bool) {
        if asJSON {
            var object: JSONObject = [
                "error": .string(complaint.message), "status": .integer(Int(complaint.status.rawValue)),
            ]
            object["hint"] = complaint.hint.map { .string($0) }
            write(VisibleText.line(JSONValue.object(object).text) + "\n", to: STDERR_FILENO)
        } else {
            say("error: \(complaint.message)")
            if let hint = complaint.hint { say("hint: \(hint)") }
        }
    }

    static var canAsk: Bool { isatty(STDERR_FILENO) == 1 }

    /// Sizes as people read them: `1.2 MiB`.
    static func bytes(_ count: Int) -> String { Plain.bytes(count) }

    private static func terminated(_ text: String) -> String { text.hasSuffix("\n") ? text : text + "\n" }

    private static func write(_ text: String, to descriptor: Int32) {
        var text = text
        let failure = text.withUTF8 { bytes in
            var offset = 0
            while offset < bytes.count {
                guard let start = bytes.baseAddress else { break }
                let written = unsafe Glibc.write(descriptor, start + offset, bytes.count - offset)
                if written < 0, errno == EINTR { continue }
                if written < 0 { return Errno(rawValue: errno) as Errno? }
                offset += written
            }
            return nil
        }
        // What cannot be said on standard error cannot be said, and changes nothing of what was done.
        if descriptor == STDOUT_FILENO, let failure { Outcome.outputFailed(failure) }
    }
}

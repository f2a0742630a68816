import Backup
import Glibc
import JournalFormat

/// The law of this program's output: data goes to standard output; everything else goes to standard error, as
/// `devjournal: error: …`, `devjournal: hint: …` or a plain sentence, lower case, without a final period.
enum Terminal {
    static func data(_ text: String) {
        write(text.hasSuffix("\n") ? text : text + "\n", to: STDOUT_FILENO)
    }

    static func json(_ object: JSONObject) {
        data(JSONValue.object(object).text)
    }

    static func say(_ text: String) {
        write("devjournal: \(text)\n", to: STDERR_FILENO)
    }

    /// Without an end of line.
    static func raw(_ text: String, on terminal: Int32) { write(text, to: terminal) }

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
            write(JSONValue.object(object).text + "\n", to: STDERR_FILENO)
        } else {
            say("error: \(complaint.message)")
            if let hint = complaint.hint { say("hint: \(hint)") }
        }
    }

    static var canAsk: Bool { isatty(STDERR_FILENO) == 1 }

    /// Sizes as people read them: `1.2 MiB`.
    static func bytes(_ count: Int) -> String { Plain.bytes(count) }

    private static func write(_ text: String, to descriptor: Int32) {
        var text = text
        text.withUTF8 { bytes in
            var offset = 0
            while offset < bytes.count {
                guard let start = bytes.baseAddress else { return }
                let written = unsafe Glibc.write(descriptor, start + offset, bytes.count - offset)
                if written < 0 {
                    // A reader that has gone away (`devjournal log | head`) ends the program quietly.
                    if errno == EINTR { continue }
                    exit(errno == EPIPE ? 0 : ExitStatus.failed.rawValue)
                }
                offset += written
            }
        }
    }
}

import Backup
package import JournalFormat
import VisibleText

/// How a record reads to a person.
package enum RecordStory {
    /// `   7  2026-01-31 12:00:00Z  artifact.sealed      ws  dev@2026-01 full 12.0 MiB`
    package static func line(_ record: Record, author: String) -> String {
        let time = record.ts.description
        let shown = "\(time.prefix(10)) \(time.dropFirst(11).prefix(8))Z"
        return "\(padded(record.seq, 6))  \(shown)  \(padded(record.event.type, 19))  \(padded(author, 12))  "
            + summary(record.event)
    }

    /// What matters most about an event, in a few words.
    package static func summary(_ event: Event) -> String { VisibleText.line(EventWording.line(event)) }

    private static func padded(_ number: Int, _ width: Int) -> String {
        let text = String(number)
        return String(repeating: " ", count: max(0, width - text.count)) + text
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}

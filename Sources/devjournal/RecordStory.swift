import Backup
import JournalFormat
import Sodium
import VisibleText

/// How a record reads to a person.
enum RecordStory {
    /// `   7  2026-01-31 12:00:00Z  artifact.sealed      ws  dev@2026-01 full 12.0 MiB`
    static func line(_ record: Record, author: String) -> String {
        let time = record.ts.description
        let shown = "\(time.prefix(10)) \(time.dropFirst(11).prefix(8))Z"
        return "\(padded(record.seq, 6))  \(shown)  \(padded(record.event.type, 19))  \(padded(author, 12))  "
            + summary(record.event)
    }

    /// What matters most about an event, in a few words.
    static func summary(_ event: Event) -> String {
        let data = event.data
        func text(_ key: String) -> String? { data[key]?.string }
        func size(_ key: String) -> String? { data[key]?.integer.map { Terminal.bytes($0) } }
        let words: [String?]
        switch event.type {
        case "journal.opened": words = ["data set", text("dataset")]
        case "journal.succeeds":
            words = [
                "journal", text("log"), "of \(Plain.counted(data["size"]?.integer ?? 0, "record")),",
                text("last_label").map { "up to \($0):" } ?? "without a backup:", text("reason"),
            ]
        case "epoch.started":
            words = [
                "epoch \(data["epoch"]?.integer ?? 0)", "after record \(data["base_size"]?.integer ?? 0):",
                text("reason"), text("sequencer").flatMap { keyID($0, .sequencer) }.map { "(sequencer \($0))" },
            ]
        case "key.enrolled":
            words = [text("role"), text("name"), text("key").flatMap { keyID($0, .author) }]
        case "root.enrolled": words = ["root", text("key").flatMap { keyID($0, .root) }]
        case "root.replaced":
            words = [
                "root", text("key").flatMap { keyID($0, .root) }, "in the place of all others:", text("reason"),
                "(endorsed by \(RootEndorsement.authors(data).map(\.description).joined(separator: ", ")))",
            ]
        case "key.retired", "root.retired": words = [text("kid"), text("reason")]
        case "recipient.set": words = data["recipients"]?.array?.map(\.string) ?? []
        case "kit.made": words = [size("bytes"), text("sha256").map { "sha256 \($0.prefix(12))…" }]
        case "snapshot.taken": words = [text("label"), "subvolume", text("uuid")]
        case "artifact.sealed", "artifact.registered":
            let rule = data["reason"]?.object?["rule"]?.string
            words = [text("label"), text("type"), size("bytes"), rule.map { "(rule: \($0))" }]
        case "artifact.uploaded": words = [text("label"), size("bytes"), "to", text("store")]
        case "artifact.stored": words = [text("label"), size("bytes"), "at", text("local_path")]
        case "artifact.withdrawn":
            words = [text("label"), "for:", text("reason"), text("login").map { "(asked by \($0))" }]
        case "snapshot.restored": words = [text("label"), "at", text("path")]
        case "worktree.updated":
            words = [text("label"), "at", text("path"), text("kept").map { "(before: \($0))" }]
        case "restore.released":
            words = [text("label"), "from", data["chain"]?.array?.compactMap(\.string).joined(separator: " ")]
        case "journal.repaired": words = [data["bytes"]?.integer.map { "\($0) bytes kept as" }, text("kept")]
        case "manifest.imported":
            words = [
                data["rows"]?.array.map { Plain.counted($0.count, "artifact") }, "from",
                data["source"]?.object?["name"]?.string,
            ]
        case "review.signed": words = [text("reviewer"), "up to record", data["up_to"]?.integer.map(String.init)]
        case "note": words = [text("text")]
        default: words = [JSONValue.object(data).text]
        }
        return VisibleText.line(words.compactMap { $0 }.joined(separator: " "))
    }

    private static func keyID(_ text: String, _ role: KeyRole) -> String? {
        Base64.decode(text, count: 32).flatMap { Ed25519.PublicKey($0) }.map { KeyID($0, role: role).description }
    }

    private static func padded(_ number: Int, _ width: Int) -> String {
        let text = String(number)
        return String(repeating: " ", count: max(0, width - text.count)) + text
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}
